import { type NestedArray, type Tensor, type TensorLike, tensor } from "../../src/index.ts";

/** One call of an op: its values are checked on both backends, its gradient by central differences. */
export interface Example {
  /** Float inputs; they are differentiated. */
  readonly inputs: readonly NestedArray[];
  readonly call: (...inputs: TensorLike[]) => Tensor;
  /** What NumPy gives, to six digits. */
  readonly result: NestedArray;
  /** False where the op has no gradient. */
  readonly differentiable?: boolean;
}

export const unary = (
  f: (x: TensorLike) => Tensor,
  x: NestedArray,
  result: NestedArray,
  differentiable = true,
): Example => ({
  inputs: [x],
  call: f,
  result,
  differentiable,
});

export const binary = (
  f: (a: TensorLike, b: TensorLike) => Tensor,
  a: NestedArray,
  b: NestedArray,
  result: NestedArray,
  differentiable = true,
): Example => ({ inputs: [a, b], call: f, result, differentiable });

export const int = (...values: number[]): Tensor => tensor(Int32Array.from(values));
export const x23: number[][] = [
  [0.5, -1.25, 2],
  [3, 0.75, -0.5],
];
export const x32: number[][] = [
  [1, 2],
  [-1, 0.5],
  [0.25, -3],
];

/** The examples of one room of ops, by the op's name. */
export type Examples = Readonly<Record<string, readonly Example[]>>;
