import { ArgumentError, DeviceError } from "../errors.ts";
import type { Backend } from "../plan/backend.ts";

export interface BackendOptions {
  /** Threads that compute; default: as many as the machine has cores (at most 8). */
  readonly threads?: number;
  /**
   * Whether multiply-adds round twice on every machine, so that results have the same bits on all of them: slower where
   * the machine rounds once, as most do; default: false.
   */
  readonly deterministic?: boolean;
  /** How a device that knows several ways computes, such as "webasm" on "gpujs"; default: the best that it finds. */
  readonly mode?: string;
}

type Create = (options: BackendOptions) => Promise<Backend> | Backend;

const mostThreads = 256;

const backends = new Map<string, Create>();

/** Makes a backend known by name; what `setDefaultDevice(name)` then creates. */
export function registerBackend(name: string, create: Create): void {
  backends.set(name, create);
}

/** @throws DeviceError where no backend has the name */
export function checkRegistered(name: string): void {
  if (backends.has(name)) return;
  throw new DeviceError(
    `unknown device "${name}"; known: ${[...backends.keys()].join(", ")}. ` +
      '"reference" is there after `import "@tsuki/core/reference"`',
  );
}

export function createBackend(name: string, options: BackendOptions): Promise<Backend> | Backend {
  checkRegistered(name);
  const { threads } = options;
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 0 || threads > mostThreads)) {
    throw new ArgumentError(
      `${name}: threads is a whole number in [0, ${mostThreads}] (0: the calling thread), not ${threads}`,
    );
  }
  return (backends.get(name) as Create)(options);
}
