import ops from "ndarray-ops";
import { type ComputeDType, dtypes, type TypedArray } from "../../../dtype.ts";
import type { Expr } from "../../../plan/expr.ts";
import type { ReduceKernel } from "../../../plan/plan.ts";
import { contiguous, sizeOf } from "../../../plan/view.ts";
import { strided } from "../arrays.ts";
import { evaluate } from "../evaluate.ts";
import type { Frame } from "../frame.ts";
import { pieceSize, pieces, restrict } from "../pieces.ts";
import { storeAll } from "./map.ts";

/** A binary operation on numbers; its result is rounded, or wraps, where it is stored. */
type Combine = (a: number, b: number) => number;

/** Accumulators of a run; element i of it goes to accumulator i mod 4. */
const lanes = 4;

/** Evaluates the input over the whole space, reduces each run of it, then evaluates and stores the outputs. */
export function* reduce(kernel: ReduceKernel, frame: Frame): Generator<void, void> {
  const { op, length, block, input, stores } = kernel;
  const elements = yield* evaluateWhole(input, [...kernel.shape, length], frame);

  const run = block > 0 ? block : length;
  const runs = block > 0 ? Math.ceil(length / block) : 1;
  const shape = block > 0 ? [...kernel.shape, runs] : kernel.shape;
  const data = dtypes[input.dtype].create(sizeOf(shape));
  const accumulators = dtypes[input.dtype].create(lanes);
  const combine = combinations[op](input.dtype);
  for (let r = 0; r < data.length; r++) {
    const row = Math.floor(r / runs) * length;
    const first = (r % runs) * run;
    accumulators.fill(identities[op](input.dtype));
    yield* accumulate(accumulators, combine, elements, row + first, row + Math.min(first + run, length));
    data[r] = accumulators[0];
  }
  yield* storeAll(shape, stores, frame, { shape, data });
}

function* evaluateWhole(expr: Expr, shape: readonly number[], frame: Frame): Generator<void, TypedArray> {
  const elements = dtypes[expr.dtype].create(sizeOf(shape));
  const whole = contiguous(shape);
  for (const piece of pieces(shape)) {
    const [part] = yield* evaluate([expr], piece, frame);
    ops.assign(strided(elements, restrict(whole, piece)), strided(part, contiguous(piece.shape)));
  }
  return elements;
}

/** Reduces elements `start` … `end` − 1 into accumulator 0, in the order that `ReduceKernel` fixes for sums. */
function* accumulate(
  a: TypedArray,
  combine: Combine,
  elements: TypedArray,
  start: number,
  end: number,
): Generator<void, void> {
  for (let from = start; from < end; from += pieceSize) {
    const to = Math.min(end, from + pieceSize);
    for (let i = from; i < to; i++) a[(i - start) % lanes] = combine(a[(i - start) % lanes], elements[i]);
    yield;
  }
  a[0] = combine(a[0], a[2]);
  a[1] = combine(a[1], a[3]);
  a[0] = combine(a[0], a[1]);
}

const combinations: Readonly<Record<ReduceKernel["op"], (dtype: ComputeDType) => Combine>> = {
  sum: () => (a, b) => a + b,
  prod: (dtype) => (dtype === "int32" ? Math.imul : (a, b) => a * b),
  max: () => Math.max,
  min: () => Math.min,
};

const highest: Readonly<Record<ComputeDType, number>> = {
  float32: Infinity,
  float64: Infinity,
  int32: 2147483647,
  bool: 1,
};
const lowest: Readonly<Record<ComputeDType, number>> = {
  float32: -Infinity,
  float64: -Infinity,
  int32: -2147483648,
  bool: 0,
};

/** What the reduction of nothing gives. */
const identities: Readonly<Record<ReduceKernel["op"], (dtype: ComputeDType) => number>> = {
  sum: () => 0,
  prod: () => 1,
  max: (dtype) => lowest[dtype],
  min: (dtype) => highest[dtype],
};
