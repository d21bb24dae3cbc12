import { Generator, type Tensor, tensor } from "@tsuki/core";

/** Standard normal numbers, already on the host: as a tensor, and as what it holds. */
export async function normal(seed: number, shape: readonly number[]): Promise<{ x: Tensor; values: number[] }> {
  const values = Array.from(await new Generator(seed).normal(shape).data());
  return { x: tensor(Float32Array.from(values), { shape }), values };
}

/** The same in float64, for `gradcheck`. */
export async function normal64(seed: number, shape: readonly number[]): Promise<Tensor> {
  const { values } = await normal(seed, shape);
  return tensor(Float64Array.from(values), { shape });
}
