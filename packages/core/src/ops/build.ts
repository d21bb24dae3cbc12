import { type ComputeDType, dtypes, isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../errors.ts";
import { constantLeaf, numberLeaf } from "../graph/leaves.ts";
import type { Op } from "../graph/op.ts";
import { Node, Tensor, type TensorLike } from "../graph/tensor.ts";
import { Variable } from "../graph/variable.ts";
import type { Signature } from "../plan/graph.ts";

/** Adds a node with one output to the graph. */
export function build<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A, output: Signature): Tensor {
  return new Node(op, inputs, attributes, [output]).outputs[0];
}

export function asTensor(x: TensorLike): Tensor {
  if (x instanceof Tensor) return x;
  if (x instanceof Variable) return x.read();
  if (typeof x === "number") return numberLeaf(x, defaultFloat());
  throw new ArgumentError(
    `an operand is a tensor, a variable or a number, not ${describe(x)}; make it one with tensor()`,
  );
}

function describe(x: unknown): string {
  return Array.isArray(x) ? "an array" : x === null || typeof x !== "object" ? String(x) : "an object";
}

let floatType: "float32" | "float64" = "float32";

/** The dtype of constants and of arrays of plain numbers. */
export function defaultFloat(): "float32" | "float64" {
  return floatType;
}

export function setDefaultFloat(dtype: "float32" | "float64"): void {
  floatType = dtype;
}

export function computeType(tensor: Tensor): ComputeDType {
  return dtypes[tensor.dtype].compute;
}

/** A number as a tensor of the other operand's dtype. */
export function numberLike(op: string, value: number, other: Tensor): Tensor {
  const dtype = computeType(other);
  if (isFloat(dtype)) return numberLeaf(value, dtype);
  if (value !== (value | 0)) {
    throw new DTypeError(`${op}: ${value} is no int32, and the tensor is ${other.dtype}; cast("float32") first`);
  }
  return numberLeaf(value, "int32");
}

/** A constant of an op's own definition, in the dtype of a tensor. */
export function constantLike(value: number, other: Tensor): Tensor {
  return constantLeaf(value, computeType(other));
}

/** Two operands as tensors: a number takes the other's dtype. */
export function operands(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  if (typeof a === "number" && typeof b !== "number") {
    const right = asTensor(b);
    return [numberLike(op, a, right), right];
  }
  const left = asTensor(a as Tensor | Variable);
  return [left, typeof b === "number" ? numberLike(op, b, left) : asTensor(b)];
}

/** The dtype in which operands meet: float wins over int, int over bool; float32 with float64 is an error. */
export function promote(op: string, ...inputs: readonly Tensor[]): ComputeDType {
  const dtypes = [...new Set(inputs.map(computeType))];
  const floats = dtypes.filter(isFloat);
  if (floats.length > 1) throw new DTypeError(`${op}: ${floats.join(" with ")}; cast one of them`);
  return floats[0] ?? (dtypes.length > 1 ? "int32" : dtypes[0]);
}

/** NumPy's broadcast of two shapes. */
export function broadcastShapes(op: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${op}: shapes [${a}] and [${b}] do not broadcast: extents ${x} and ${y} differ and neither is 1`,
      );
    }
    shape[rank - i] = x === 1 ? y : x;
  }
  return shape;
}

/** An axis counted from the front; negative ones count from the end. */
export function normalAxis(op: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new IndexError(`${op}: axis ${axis} is out of range for a tensor of rank ${rank}`);
  }
  return normal;
}

/** Axes counted from the front, rising; all of them where none is given. A single value counts as an axis of its own. */
export function normalAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const normal = (typeof axes === "number" ? [axes] : axes).map((axis) => normalAxis(op, axis, Math.max(rank, 1)));
  if (new Set(normal).size !== normal.length) throw new IndexError(`${op}: an axis occurs twice in [${axes}]`);
  return rank === 0 ? [] : normal.sort((a, b) => a - b);
}

/** A tensor of indices: int32. */
export function indexTensor(op: string, index: TensorLike): Tensor {
  const tensor = typeof index === "number" ? numberLeaf(index, "int32") : asTensor(index);
  if (tensor.dtype !== "int32") throw new DTypeError(`${op}: indices are int32, not ${tensor.dtype}`);
  return tensor;
}

/** Checks indices that the host gave, before any plan runs. */
export function checkHostIndices(op: string, index: Tensor, extent: number): void {
  const host = index.result?.host;
  if (!host) return;
  const wrong = host.findIndex((i) => i < 0 || i >= extent);
  if (wrong >= 0)
    throw new IndexError(
      `${op}: index ${host[wrong]} (element ${wrong} of [${index.shape}]) is outside [0, ${extent})`,
    );
}

export function requireFloat(op: string, tensor: Tensor): void {
  if (!isFloat(tensor.dtype)) throw new DTypeError(`${op}: a float tensor is needed, not ${tensor.dtype}`);
}
