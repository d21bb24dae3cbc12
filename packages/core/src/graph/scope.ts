import { ScopeError, TsukiError } from "../errors.ts";

/** Runs `body` between `enter` and `leave`. A scope is synchronous: a function that returns a promise is an error. */
export function withScope<T>(name: string, enter: () => void, leave: () => void, body: () => T): T {
  enter();
  try {
    const result = body();
    if (isThenable(result)) {
      // The promise is refused, but its own failure must not end the process.
      result.then(undefined, () => {});
      throw new ScopeError(
        `${name}: the function returned a promise; scopes are synchronous, so what follows its first await would run outside. ` +
          `Await outside of the scope.`,
      );
    }
    return result;
  } finally {
    leave();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

let path = "";

/** The module path of the nodes that are built now, such as `model.layers.1.mlp`. */
export function currentPath(): string {
  return path;
}

/** Names what is built inside: errors and `explain()` say `outer.name`. */
export function scope<T>(name: string, body: () => T): T {
  const outer = path;
  const inner = path ? `${path}.${name}` : name;
  return withScope(
    `scope("${inner}")`,
    () => {
      path = inner;
    },
    () => {
      path = outer;
    },
    () => {
      try {
        return body();
      } catch (error) {
        // The innermost scope says where it happened.
        if (error instanceof TsukiError) error.addPath(path);
        throw error;
      }
    },
  );
}

/** Runs `body` for each item under the path that the item has, whatever surrounds it. */
export function eachAtPath<Item extends { readonly path: string }>(
  items: Iterable<Item>,
  body: (item: Item) => void,
): void {
  const outer = path;
  try {
    for (const item of items) {
      path = item.path;
      body(item);
    }
  } catch (error) {
    if (error instanceof TsukiError) error.addPath(path);
    throw error;
  } finally {
    path = outer;
  }
}

let gradients = true;

export function gradientsEnabled(): boolean {
  return gradients;
}

function withGradients<T>(enabled: boolean, name: string, body: () => T): T {
  const outer = gradients;
  return withScope(
    name,
    () => {
      gradients = enabled;
    },
    () => {
      gradients = outer;
    },
    body,
  );
}

/** Tensors that are built inside need no gradient. */
export function noGrad<T>(body: () => T): T {
  return withGradients(false, "noGrad", body);
}

/** Undoes an enclosing `noGrad`. */
export function enableGrad<T>(body: () => T): T {
  return withGradients(true, "enableGrad", body);
}

/** What `detectAnomaly` says of a node beside its own name. */
export interface Watch {
  /** The node whose gradient rule built it; empty: it belongs to a forward. */
  readonly gradientOf: string;
  /** Where that one was created. */
  readonly trace?: Error | undefined;
}

let watch: Watch | undefined;

/** Set while the values of the nodes that are built are to be looked at. */
export function currentWatch(): Watch | undefined {
  return watch;
}

export function setWatch(next: Watch | undefined): void {
  watch = next;
}
