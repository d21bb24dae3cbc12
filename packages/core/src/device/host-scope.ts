import { builtin } from "../builtin.ts";
import type { Runtime } from "../graph/runtime.ts";

/** A host step that runs now. */
interface HostScope {
  readonly device: Runtime;
  active: boolean;
}

interface Storage {
  run<T>(scope: HostScope, body: () => T): T;
  getStore(): HostScope | undefined;
}

let storage: Storage | undefined;

/** Runs the function of a host step. */
export async function inHostScope<T>(device: Runtime, body: () => T | Promise<T>): Promise<T> {
  const scope = { device, active: true };
  storage ??= makeStorage();
  try {
    return await storage.run(scope, body);
  } finally {
    scope.active = false;
  }
}

/** Whether the code that runs now belongs to a host step of the device, which waits for it. */
export function isInHostScope(device: Runtime): boolean {
  const scope = storage?.getStore();
  return scope?.active === true && scope.device === device;
}

/** Follows a function through its awaits where the engine can: in Node. Elsewhere up to its first await. */
function makeStorage(): Storage {
  if (builtin) return new (builtin("node:async_hooks").AsyncLocalStorage)<HostScope>();
  let current: HostScope | undefined;
  return {
    run: (scope, body) => {
      const outer = current;
      current = scope;
      try {
        return body();
      } finally {
        current = outer;
      }
    },
    getStore: () => current,
  };
}
