import type * as methods from "../ops/methods.ts";
import type * as reading from "../tensor/reading.ts";

/** `f(x, …rest)` as a method `x.f(…rest)`. */
type Method<F> = F extends (x: never, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

/** The methods of tensors and variables: the functions of `ops/methods.ts` and `tensor/reading.ts`. */
export type Methods = { [Name in keyof typeof methods]: Method<(typeof methods)[Name]> } & {
  [Name in keyof typeof reading]: Method<(typeof reading)[Name]>;
};

/** Base of everything that ops are called on; `installMethods` fills its prototype from the tables. */
export const Fluent: new () => Methods = class {} as new () => Methods;

type AnyFunction = (...args: never[]) => unknown;

/** Adds `f(x, …rest)` of a table as methods `x.f(…rest)`. */
export function installMethods(table: Readonly<Record<string, AnyFunction>>): void {
  for (const [name, f] of Object.entries(table)) {
    Object.defineProperty(Fluent.prototype, name, {
      value(this: unknown, ...rest: unknown[]): unknown {
        return (f as (...args: unknown[]) => unknown)(this, ...rest);
      },
      writable: true,
      configurable: true,
    });
  }
}
