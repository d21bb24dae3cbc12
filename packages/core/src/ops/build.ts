import { type ComputeDType, dtypes, isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../errors.ts";
import { constantLeaf, hostContents, numberLeaf } from "../graph/leaves.ts";
import type { Op } from "../graph/op.ts";
import { Node, Tensor, type TensorLike } from "../graph/tensor.ts";
import { Variable } from "../graph/variable.ts";
import type { Signature } from "../plan/graph.ts";
import { sameShape } from "../plan/view.ts";

/** Adds a node with one output to the graph. */
export function build<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A, output: Signature): Tensor {
  return new Node(op, inputs, attributes, [output]).outputs[0];
}

/** @param op Named in the error. */
export function asTensor(x: TensorLike, op?: string): Tensor {
  if (x instanceof Tensor) return x;
  if (x instanceof Variable) return x.read();
  if (typeof x === "number") return numberLeaf(x, defaultFloat());
  const remedy = (x as unknown) instanceof Promise ? "await it" : "make it one with tensor()";
  throw new ArgumentError(
    `${op ? `${op}: ` : ""}an operand is a tensor, a variable or a number, not ${shown(x)}; ${remedy}`,
  );
}

/** A wrong value as errors show it. */
export function shown(x: unknown): string {
  if (typeof x === "string") return JSON.stringify(x);
  if (x instanceof Tensor || x instanceof Variable) return "a tensor";
  if (x instanceof Promise) return "a promise";
  if (Array.isArray(x) && x.length < 9) return `[${x.map(shown)}]`;
  if (Array.isArray(x) || ArrayBuffer.isView(x)) return "an array";
  return typeof x === "object" && x !== null ? "an object" : String(x);
}

/** Whether it is an object of a literal: in whatever realm that was written, its prototype is the last one. */
export function isPlain(x: unknown): boolean {
  const kind = Object.getPrototypeOf(x ?? 0);
  return !kind || !Object.getPrototypeOf(kind);
}

/**
 * Checks the options of a call: what is no options object, and an option that the call does not have, would do nothing.
 *
 * @param op Named in the error.
 * @param names The options that there are.
 * @throws ArgumentError that lists them.
 */
export function checkOptions(op: string, options: object, ...names: readonly string[]): void {
  if (!isPlain(options)) {
    const given = shown(options);
    const remedy = /^[-\d["tf]/.test(given) ? `; write { ${names[0]}: ${given} }` : "";
    throw new ArgumentError(`${op}: options are { ${names.join(", ")} }, not ${given}${remedy}`);
  }
  for (const name in options) {
    if (!names.includes(name)) {
      throw new ArgumentError(`${op}: there is no option ${shown(name)}, only ${names.join(", ")}`);
    }
  }
}

/** Checks that a number counts something. */
export function checkCount(op: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new ArgumentError(`${op}: ${name} is a whole number ≥ 0, not ${shown(value)}`);
}

/** Checks that an argument is a list: the extents or tensors of a call may have been given one by one. */
export function checkList(op: string, list: readonly unknown[]): void {
  if (!Array.isArray(list)) throw new ArgumentError(`${op}: a list is needed, not ${shown(list)}`);
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
  return numberLeaf(value, isFloat(dtype) ? dtype : "int32", [], op);
}

/** A number that fills places of a tensor, in its dtype. */
export function fillLike(op: string, value: number, other: Tensor): Tensor {
  return numberLeaf(value, computeType(other), [], op);
}

/** A constant of an op's own definition, in the dtype of a tensor. */
export function constantLike(value: number, other: Tensor): Tensor {
  return constantLeaf(value, computeType(other));
}

/** Two operands as tensors: a number takes the other's dtype. */
export function operands(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  if (typeof a === "number" && typeof b !== "number") {
    const right = asTensor(b, op);
    return [numberLike(op, a, right), right];
  }
  const left = asTensor(a as Tensor | Variable, op);
  return [left, typeof b === "number" ? numberLike(op, b, left) : asTensor(b, op)];
}

/** The dtype in which operands meet: float wins over int, int over bool; float32 with float64 is an error. */
export function promote(op: string, ...inputs: readonly Tensor[]): ComputeDType {
  let dtype = computeType(inputs[0]);
  for (const input of inputs) {
    const other = computeType(input);
    if (other === dtype) continue;
    if (isFloat(dtype) && isFloat(other)) throw new DTypeError(`${op}: ${dtype} with ${other}; cast one of them`);
    if (!isFloat(dtype)) dtype = isFloat(other) ? other : "int32";
  }
  return dtype;
}

/** NumPy's broadcast of two shapes. */
export function broadcastShapes(op: string, a: readonly number[], b: readonly number[]): readonly number[] {
  if (sameShape(a, b)) return a;
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
  if (!Number.isInteger(axis)) throw new IndexError(`${op}: an axis is a whole number, not ${shown(axis)}`);
  if (normal < 0 || normal >= rank) {
    const range = rank > 0 ? ` (${-rank} to ${rank - 1})` : "";
    throw new IndexError(`${op}: axis ${axis} is out of range for a tensor of rank ${rank}${range}`);
  }
  return normal;
}

/** Axes counted from the front, rising; all of them where none is given. A single value counts as an axis of its own. */
export function normalAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list: readonly number[] = Array.isArray(axes) ? axes : [axes];
  const normal = list.map((axis) => normalAxis(op, axis, Math.max(rank, 1)));
  if (normal.some((axis, i) => normal.indexOf(axis) !== i))
    throw new IndexError(`${op}: an axis occurs twice in [${axes}]`);
  return rank === 0 ? [] : normal.sort((a, b) => a - b);
}

/** A tensor of indices: int32. */
export function indexTensor(op: string, index: TensorLike): Tensor {
  if (typeof index === "number" && !Number.isInteger(index)) {
    throw new IndexError(`${op}: an index is a whole number, not ${index}`);
  }
  const tensor = typeof index === "number" ? numberLeaf(index, "int32", [], op) : asTensor(index, op);
  if (tensor.dtype !== "int32")
    throw new DTypeError(`${op}: indices are int32, not ${tensor.dtype}; cast("int32") first`);
  return tensor;
}

/** Checks indices that the host gave, before any plan runs. */
export function checkHostIndices(op: string, index: Tensor, extent: number): void {
  if (extent === 0 && index.size > 0) throw new IndexError(`${op}: there is nothing to index along an extent of 0`);
  const host = hostContents(index);
  if (!host) return;
  const wrong = host.findIndex((i) => i < 0 || i >= extent);
  if (wrong >= 0)
    throw new IndexError(
      `${op}: index ${host[wrong]}${index.rank > 0 ? ` (element ${wrong} of [${index.shape}])` : ""} is outside [0, ${extent})`,
    );
}

export function requireFloat(op: string, tensor: Tensor): void {
  if (!isFloat(tensor.dtype)) {
    throw new DTypeError(`${op}: a float tensor is needed, not ${tensor.dtype}; cast("float32") first`);
  }
}
