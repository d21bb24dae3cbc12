import { type DType, dtypes, type TypedArray } from "../../dtype.ts";
import { type Expr, type Load, topological } from "../../plan/expr.ts";
import { contiguous, type View } from "../../plan/view.ts";
import { blank, dense } from "./arrays.ts";
import { type Frame, fail, type Memory } from "./frame.ts";
import { type Piece, restrict } from "./pieces.ts";
import { scalarOps } from "./scalar-ops.ts";
import { widen } from "./storage.ts";

/** Reduced values over the whole iteration space of a reduction's stores, in row-major order. */
export interface Reduced {
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/**
 * Evaluates expressions array at a time on a piece of the iteration space: each expression becomes an array of the
 * piece's elements in row-major order. `reduced` is what `Accumulated` stands for.
 */
export function* evaluate(
  roots: readonly Expr[],
  piece: Piece,
  frame: Frame,
  reduced?: Reduced,
): Generator<void, TypedArray[]> {
  const arrays = new Map<Expr, TypedArray>();
  const of = (expr: Expr): TypedArray => arrays.get(expr)!;

  const compute = (expr: Expr): TypedArray => {
    switch (expr.kind) {
      case "constant":
        return dtypes[expr.dtype].create(piece.size).fill(expr.value);
      case "number":
        return dtypes[expr.dtype].create(piece.size).fill(frame.numbers[expr.slot]);
      case "index":
        return addresses(restrict(expr.view, piece));
      case "load":
        return load(expr, piece, frame, of);
      case "accumulated":
        return dense(reduced!.data, restrict(contiguous(reduced!.shape), piece));
      case "apply": {
        const out = dtypes[expr.dtype].create(piece.size);
        scalarOps[expr.op](out, ...expr.inputs.map(of));
        return out;
      }
    }
  };

  for (const expr of topological(roots)) {
    arrays.set(expr, compute(expr));
    yield;
  }
  return roots.map(of);
}

/** `offset + Σ stride·coordinate` of every element, in row-major order. */
function addresses({ shape, strides, offset }: View): Int32Array {
  let all = Int32Array.of(offset);
  for (const [axis, extent] of shape.entries()) {
    const longer = new Int32Array(all.length * extent);
    let at = 0;
    for (const start of all) {
      for (let coordinate = 0; coordinate < extent; coordinate++) longer[at++] = start + coordinate * strides[axis];
    }
    all = longer;
  }
  return all;
}

function load(expr: Load, piece: Piece, frame: Frame, of: (expr: Expr) => TypedArray): TypedArray {
  const memory = frame.buffers[expr.buffer];
  const view = restrict(expr.view, piece);
  const simple = expr.gathers.length === 0 && !expr.guard;
  return widen(simple ? dense(memory.data, view) : gather(expr, view, memory, frame, of), memory.dtype);
}

/**
 * Elements at computed addresses. Where the guard is false nothing is read, no index is checked, and the value, which
 * nobody may rely on, is made conspicuous.
 */
function gather(expr: Load, view: View, memory: Memory, frame: Frame, of: (expr: Expr) => TypedArray): TypedArray {
  const places = addresses(view);
  const guard = expr.guard && of(expr.guard);
  for (const { index, stride, extent, check } of expr.gathers) {
    const indices = of(index);
    for (let i = 0; i < places.length; i++) {
      if (guard && guard[i] === 0) continue;
      const clamped = Math.min(Math.max(indices[i], 0), extent - 1);
      if (clamped !== indices[i]) fail(frame, check);
      places[i] += clamped * stride;
    }
  }
  const elements = blank(memory.data, places.length);
  const unread = conspicuous[memory.dtype];
  for (let i = 0; i < places.length; i++) elements[i] = guard && guard[i] === 0 ? unread : memory.data[places[i]];
  return elements;
}

/** NaN in every float dtype, unlikely integers. */
const conspicuous: Readonly<Record<DType, number>> = {
  float32: NaN,
  float64: NaN,
  int32: -1234567890,
  bool: 1,
  bfloat16: 0x7fc0,
  float16: 0x7e00,
  int8: -99,
  uint8: 99,
};
