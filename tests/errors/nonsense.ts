import * as core from "@tsuki/core";

/** Everything that is a method of tensors as well as a function. */
const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(core.Tensor.prototype)).filter((name) => name in core);

const functions = ["arange", "bernoulli", "concat", "eye", "full", "fullLike", "groupBy", "histogram", "linspace"];
functions.push(
  "normal",
  "oneHot",
  "ones",
  "onesLike",
  "permutation",
  "randint",
  "stack",
  "uniform",
  "where",
  "zeros",
  "zerosLike",
);

const nonsense: readonly unknown[] = [[1, 2], "text", undefined, null, {}, true, () => 1, Promise.resolve(1)];

/** What is said of calls without sense that does not begin with the name of the op. */
export function misnamed(): string[] {
  const found = new Set<string>();
  const x = core.ones([2, 3]);
  for (const name of [...methods, ...functions]) {
    const op = Reflect.get(core, name) as (...given: unknown[]) => unknown;
    for (const bad of nonsense) {
      const calls = [
        [bad],
        [bad, x, x],
        [x, bad],
        [x, bad, x],
        [x, x, bad],
        [x, 0, bad],
        [x, [2, 3], bad],
        [[2, 3], 1, bad],
      ];
      for (const call of calls) {
        try {
          op(...call);
        } catch (error) {
          if (error instanceof core.TsukiError && error.message.startsWith(`${name}: `)) continue;
          found.add(`${name}: ${error}`);
        }
      }
    }
  }
  return [...found];
}
