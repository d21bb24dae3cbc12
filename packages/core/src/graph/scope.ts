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
  return withScope(
    `scope("${name}")`,
    () => {
      path = outer ? `${outer}.${name}` : name;
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
