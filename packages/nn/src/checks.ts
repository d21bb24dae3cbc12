import { ArgumentError, Generator, shown, Tensor, Variable } from "@tsuki/core";

/** @throws ArgumentError for what is no tensor, such as an array of numbers */
export function checkTensor(name: string, x: unknown): void {
  if (x instanceof Tensor || x instanceof Variable) return;
  throw new ArgumentError(`${name}: a tensor is needed, not ${shown(x)}; make it one with tensor()`);
}

/** @throws ArgumentError for what is no generator, such as a seed */
export function checkGenerator(name: string, generator: unknown): void {
  if (generator === undefined || generator instanceof Generator) return;
  throw new ArgumentError(`${name}: a generator is new Generator(seed), not ${shown(generator)}`);
}
