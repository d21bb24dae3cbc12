import { type ComputeDType, type DType, dtypes } from "../dtype.ts";
import { present } from "../invariant.ts";
import { depthOf, loadedBuffers } from "./access.ts";
import { apply, type Constant, constant, type Expr, type RunTimeNumber, type ScalarOp } from "./expr.ts";
import { qualifiedName } from "./graph.ts";
import type { AttentionShape, HostStep, IndexCheck, Place, Slot, Step } from "./plan.ts";
import { asLoad, dtypeOf, indexAlong, isWhole, mapViews, padValue, type Value } from "./value.ts";
import { contiguous, expandView, permuteView, reshapeView, sameShape, sizeOf, sliceView, type View } from "./view.ts";

/** A buffer before memory is laid out. */
export interface BufferDraft {
  readonly dtype: DType;
  readonly size: number;
  /** The slot whose contents it is; `null`: made by the plan. */
  readonly slot: number | null;
  /** The variable whose new version it is. */
  target: number | null;
  /** Whether a run returns it. */
  output: boolean;
}

/** Sums longer than this are split into blocks of this length, whose results are summed in turn. */
const reductionBlock = 4096;

/** Deeper expressions are stored in between: kernels stay small, and what walks them may recurse. */
const maxDepth = 300;

/**
 * Turns nodes into kernels. An op's `lower` combines values (expressions that are not stored yet) with `map` and the view
 * functions, and asks for kernels where it needs them; what is stored where is decided here.
 */
export class Lowering {
  readonly buffers: BufferDraft[] = [];
  readonly steps: Step[] = [];
  readonly checks: IndexCheck[] = [];
  /** Most distinct buffers that one expression loads from. */
  readonly maxInputs: number;
  /** Named in kernels: `path:op` of the node that is being lowered. */
  #label = "";
  #op = "";
  #path = "";
  #trace: Error | undefined;
  #node: number | undefined;
  #hostCalls = 0;
  /** Expressions that are stored already. */
  readonly #copies = new Map<Expr, Value>();

  constructor(slots: readonly Slot[], maxInputs: number) {
    this.maxInputs = maxInputs;
    for (const [slot, { dtype, shape }] of slots.entries()) {
      this.buffers.push({ dtype, size: sizeOf(shape), slot, target: null, output: false });
    }
  }

  enter(op: string, path: string, trace?: Error, node?: number): void {
    this.#node = node;
    this.#op = op;
    this.#path = path;
    this.#trace = trace;
    this.#label = qualifiedName(path, op);
  }

  // Values

  constant(value: number, dtype: ComputeDType, shape: readonly number[] = []): Value {
    return { shape, expr: constant(value, dtype) };
  }

  /** The contents of a buffer. */
  load(buffer: number, shape: readonly number[]): Value {
    const dtype = dtypes[this.buffers[buffer].dtype].compute;
    return { shape, expr: { kind: "load", dtype, buffer, view: contiguous(shape), gathers: [], guard: null } };
  }

  /** The place along `axis`. */
  index(shape: readonly number[], axis: number): Value {
    return { shape, expr: indexAlong(shape, axis) };
  }

  /** The place in row-major order. */
  linearIndex(shape: readonly number[]): Value {
    return { shape, expr: { kind: "index", dtype: "int32", view: contiguous(shape) } };
  }

  /** A scalar op on values of one shape. */
  map(op: ScalarOp, dtype: ComputeDType, ...inputs: Value[]): Value {
    const exprs = inputs.map((input) => input.expr);
    const combined: Value = { shape: inputs[0].shape, expr: apply(op, dtype, ...exprs) };
    if (loadedBuffers(combined.expr).size <= this.maxInputs && depthOf(combined.expr) <= maxDepth) return combined;
    return { shape: combined.shape, expr: apply(op, dtype, ...inputs.map((input) => this.store(input).expr)) };
  }

  /** Converts to another compute dtype. */
  cast(value: Value, dtype: ComputeDType): Value {
    return dtypeOf(value) === dtype ? value : this.map("cast", dtype, value);
  }

  // Views: a change of every leaf's shape and strides

  permute(value: Value, order: readonly number[]): Value {
    return this.#view(
      value,
      order.map((axis) => value.shape[axis]),
      (view) => permuteView(view, order),
    );
  }

  slice(value: Value, start: readonly number[], step: readonly number[], shape: readonly number[]): Value {
    return this.#view(value, shape, (view) => sliceView(view, start, step, shape));
  }

  reshape(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value;
    return this.#view(value, shape, (view) => reshapeView(view, shape));
  }

  /** Broadcasts. What costs arithmetic is stored before it is repeated. */
  expand(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value;
    const repeats =
      sizeOf(shape) > sizeOf(value.shape) && value.expr.kind === "apply" && loadedBuffers(value.expr).size > 0;
    return this.#view(repeats ? this.store(value) : value, shape, (view) => expandView(view, shape));
  }

  pad(value: Value, before: readonly number[], shape: readonly number[], fill: number): Value {
    return padValue(value, before, shape, fill);
  }

  /**
   * Reads `value` at computed places along an axis: the result has the shape of `index`, `place` gives the strides of the
   * other axes (0 where the index says it all), and indices lie in [0, extent).
   */
  gather(
    value: Value,
    axis: number,
    index: Value,
    place: (source: View) => View,
    extent: number = value.shape[axis],
  ): Value {
    const load = asLoad(value) ?? present(asLoad(this.store(value)));
    const gathers = [{ index: index.expr, stride: load.view.strides[axis], extent, check: this.#check(extent) }];
    return { shape: index.shape, expr: { ...load, view: place(load.view), gathers } };
  }

  /** The number of the check that an index of this node lies in [0, extent). */
  #check(extent: number): number {
    return this.checks.push({ op: this.#op, path: this.#path, trace: this.#trace, node: this.#node, extent }) - 1;
  }

  #view(value: Value, shape: readonly number[], change: (view: View) => View | null): Value {
    const changed = mapViews([value.expr], change) ?? mapViews([this.store(value).expr], change);
    return { shape, expr: present(changed)[0] };
  }

  // Stores

  /** A new buffer of the plan. */
  buffer(dtype: DType, size: number): number {
    this.buffers.push({ dtype, size, slot: null, target: null, output: false });
    return this.buffers.length - 1;
  }

  /** The value in a buffer of its own (or the buffer that it already is), in row-major order. */
  store(value: Value): Value {
    const load = asLoad(value);
    return load && isWhole(load, this.buffers[load.buffer].size) ? value : this.#stored(value);
  }

  /** The value in a new buffer, the same one for the same expression. */
  #stored(value: Value): Value {
    // Expressions of constants alone are one object in any shape.
    const known = this.#copies.get(value.expr);
    if (known && sameShape(known.shape, value.shape)) return known;
    const copy = this.copy(value);
    this.#copies.set(value.expr, copy);
    return copy;
  }

  /** The value in a new buffer; a storage dtype rounds it. */
  copy(value: Value, dtype: DType = dtypeOf(value)): Value {
    const buffer = this.buffer(dtype, sizeOf(value.shape));
    this.storeAt(value, { buffer, view: contiguous(value.shape) });
    return this.load(buffer, value.shape);
  }

  /** Stores the value at a place, such as a slice of a larger buffer. */
  storeAt(value: Value, place: Place): void {
    this.steps.push({ kind: "map", label: this.#label, shape: value.shape, stores: [{ place, expr: value.expr }] });
  }

  /** The value as an operand of a kernel that reads strided memory in the dtype in which it computes. */
  place(value: Value): Place {
    const own = asLoad(value);
    const load = own && this.buffers[own.buffer].dtype === own.dtype ? own : present(asLoad(this.#stored(value)));
    return { buffer: load.buffer, view: load.view };
  }

  /** The value as an operand of a product, which reads 16-bit floats as they are stored. */
  operand(value: Value): Place {
    const load = asLoad(value);
    const isHalf = load && dtypes[this.buffers[load.buffer].dtype].bytes === 2;
    return isHalf ? { buffer: load.buffer, view: load.view } : this.place(value);
  }

  /** A new row-major result of a kernel. */
  #result(dtype: DType, shape: readonly number[]): { place: Place; value: Value } {
    const buffer = this.buffer(dtype, sizeOf(shape));
    return { place: { buffer, view: contiguous(shape) }, value: this.load(buffer, shape) };
  }

  // Kernels

  /** Reduces over `axes`; the result has the other axes. */
  reduce(op: "sum" | "prod" | "max" | "min", value: Value, axes: readonly number[]): Value {
    const kept = value.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const shape = kept.map((axis) => value.shape[axis]);
    const length = axes.reduce((product, axis) => product * value.shape[axis], 1);
    const ordered = this.permute(value, [...kept, ...[...axes].sort((a, b) => a - b)]);
    let input = this.reshape(ordered, [...shape, length]);
    let count = length;
    while (count > reductionBlock) {
      const blocks = Math.ceil(count / reductionBlock);
      input = this.#reduceKernel(op, input, shape, count, reductionBlock, [...shape, blocks]);
      count = blocks;
    }
    return this.#reduceKernel(op, input, shape, count, 0, shape);
  }

  #reduceKernel(
    op: "sum" | "prod" | "max" | "min",
    input: Value,
    shape: readonly number[],
    length: number,
    block: number,
    resultShape: readonly number[],
  ): Value {
    const dtype = dtypeOf(input);
    const { place, value } = this.#result(dtype, resultShape);
    const stores = [{ place, expr: { kind: "accumulated", dtype } as const }];
    this.steps.push({ kind: "reduce", label: this.#label, op, shape, length, block, input: input.expr, stores });
    return value;
  }

  /** Batched product of [...batch, m, k] and [...batch, k, n]. */
  matmul(a: Value, b: Value, symmetric: boolean): Value {
    const batch = a.shape.slice(0, -2);
    const [m, k] = a.shape.slice(-2);
    const n = b.shape[b.shape.length - 1];
    const { place, value } = this.#result(dtypeOf(a), [...batch, m, n]);
    const [left, right] = [this.operand(a), this.operand(b)];
    this.steps.push({ kind: "matmul", label: this.#label, batch, m, n, k, a: left, b: right, c: place, symmetric });
    return value;
  }

  /** [rows, k] times [groups, k, n] → [rows, n], rows grouped by `offsets` [groups + 1]. */
  groupedRows(a: Value, b: Value, offsets: Value): Value {
    const [rows, k] = a.shape;
    const [groups, , n] = b.shape;
    const { place, value } = this.#result(dtypeOf(a), [rows, n]);
    const operands = { a: this.operand(a), b: this.operand(b), offsets: this.place(offsets), c: place };
    this.steps.push({ kind: "groupedRows", label: this.#label, rows, n, k, groups, ...operands });
    return value;
  }

  /** [rows, m], [rows, n] → [groups, m, n], contracted over the rows of each group. */
  groupedContraction(a: Value, b: Value, offsets: Value): Value {
    const [rows, m] = a.shape;
    const n = b.shape[1];
    const groups = offsets.shape[0] - 1;
    const { place, value } = this.#result(dtypeOf(a), [groups, m, n]);
    const operands = { a: this.operand(a), b: this.operand(b), offsets: this.place(offsets), c: place };
    this.steps.push({ kind: "groupedContraction", label: this.#label, rows, m, n, groups, ...operands });
    return value;
  }

  /** Attention of q [B, H, Tq, D], k [B, G, Tk, D], v [B, G, Tk, Dv]: outputs [B, H, Tq, Dv], and logs of sums [B, H, Tq]. */
  attention(q: Value, k: Value, v: Value, scale: Value, causal: boolean): [Value, Value] {
    const shape = this.#attentionShape(q, k, v, scale, causal);
    const { batch, heads, queries, valueWidth } = shape;
    const out = this.#tokenMajor(dtypeOf(q), [batch, heads, queries, valueWidth]);
    const logSumExp = this.#result(dtypeOf(q), [batch, heads, queries]);
    this.steps.push({ kind: "attention", ...shape, out: out.place, logSumExp: logSumExp.place });
    return [out.value, logSumExp.value];
  }

  /** Gradients of q, k and v. */
  attentionBackward(inputs: readonly Value[], causal: boolean): Value[] {
    const [q, k, v, scale, ...rest] = inputs;
    const [logSumExp, delta, dOut] = rest.map((value) => this.place(value));
    const [dq, dk, dv] = [q, k, v].map((value) => this.#tokenMajor(dtypeOf(q), value.shape));
    const places = { logSumExp, delta, dOut, dq: dq.place, dk: dk.place, dv: dv.place };
    this.steps.push({ kind: "attentionBackward", ...this.#attentionShape(q, k, v, scale, causal), ...places });
    return [dq.value, dk.value, dv.value];
  }

  #attentionShape(q: Value, k: Value, v: Value, { expr: scale }: Value, causal: boolean): AttentionShape {
    const [batch, heads, queries, width] = q.shape;
    const [, groups, keys, valueWidth] = v.shape;
    const extents = { batch, heads, groups, queries, keys, width, valueWidth };
    const operands = { q: this.place(q), k: this.place(k), v: this.place(v) };
    return { label: this.#label, ...extents, causal, scale: scale as Constant | RunTimeNumber, ...operands };
  }

  /** A new result [B, H, T, D] that lies in memory as [B, T, H, D]: what follows joins the heads of a token. */
  #tokenMajor(dtype: DType, shape: readonly number[]): { place: Place; value: Value } {
    const order = [0, 2, 1, 3];
    const { place, value } = this.#result(
      dtype,
      order.map((axis) => shape[axis]),
    );
    return {
      place: { buffer: place.buffer, view: permuteView(place.view, order) },
      value: this.permute(value, order),
    };
  }

  /** Scans along the last axis: yᵢ = factorᵢ·yᵢ₋₁ + termᵢ; one of the two may be missing. */
  scan(terms: Value | null, factors: Value | null): Value {
    const { shape, expr } = (terms ?? factors) as Value;
    const length = shape[shape.length - 1];
    const rows = sizeOf(shape.slice(0, -1));
    const [termPlace, factorPlace] = [terms, factors].map((v) => v && this.place(this.reshape(v, [rows, length])));
    const { place, value } = this.#result(expr.dtype, [rows, length]);
    const operands = { terms: termPlace, factors: factorPlace, out: place };
    this.steps.push({ kind: "scan", label: this.#label, rows, length, ...operands });
    return this.reshape(value, shape);
  }

  /** Places of the first k entries of the last axis in sorted order. */
  sort(input: Value, k: number, descending: boolean): Value {
    const outer = input.shape.slice(0, -1);
    const length = input.shape[input.shape.length - 1];
    const rows = sizeOf(outer);
    const operand = this.place(this.reshape(input, [rows, length]));
    const { place, value } = this.#result("int32", [rows, k]);
    const operands = { input: operand, indices: place };
    this.steps.push({ kind: "sort", label: this.#label, rows, length, k, descending, ...operands });
    return this.reshape(value, [...outer, k]);
  }

  /** Stable counting sort of ids [n]: permutation [n] and offsets [groups + 1]. */
  groupBy(ids: Value, groups: number): [Value, Value] {
    const length = ids.shape[0];
    const permutation = this.#result("int32", [length]);
    const offsets = this.#result("int32", [groups + 1]);
    const check = this.#check(groups);
    const results = { permutation: permutation.place, offsets: offsets.place };
    this.steps.push({ kind: "groupBy", label: this.#label, length, groups, ids: this.place(ids), ...results, check });
    return [permutation.value, offsets.value];
  }

  /** Sums of rows [rows, width] by segment: [segments, width]. */
  segmentSum(input: Value, permutation: Value, offsets: Value): Value {
    const [rows, width] = input.shape;
    const segments = offsets.shape[0] - 1;
    const { place, value } = this.#result(dtypeOf(input), [segments, width]);
    const operands = { input: this.place(input), permutation: this.place(permutation), offsets: this.place(offsets) };
    this.steps.push({ kind: "segmentSum", label: this.#label, rows, segments, width, ...operands, out: place });
    return value;
  }

  /**
   * `x` in a dtype with `values` [...outer, length, ...inner] in it, written from a run-time start on along an axis: a copy,
   * and a write into it.
   */
  insert(x: Value, axis: number, start: Value, values: Value, dtype: DType): Value {
    const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
    const [length, extent] = [values.shape[axis], x.shape[axis]];
    const result = this.copy(x, dtype);
    const load = asLoad(values);
    const stored = load && this.buffers[load.buffer].dtype === dtype ? values : this.copy(values, dtype);
    const [input, out] = [stored, result].map((value, i) => {
      const { buffer, view } = present(asLoad(this.reshape(value, [outer, i === 0 ? length : extent, inner])));
      return { buffer, view };
    });
    const check = this.#check(extent - length + 1);
    const operands = { input, start: this.place(start), out, check };
    this.steps.push({ kind: "insert", label: this.#label, outer, length, extent, inner, ...operands });
    return result;
  }

  /** A call of the host between two segments. */
  host(inputs: readonly Value[], outputs: readonly { shape: readonly number[]; dtype: DType }[]): Value[] {
    const given = inputs.map((input) => {
      const { buffer } = present(asLoad(this.store(input)));
      return { buffer, shape: input.shape };
    });
    const results = outputs.map(({ shape, dtype }) => this.#result(dtype, shape));
    const step: HostStep = {
      kind: "host",
      label: this.#label,
      call: this.#hostCalls++,
      inputs: given,
      outputs: results.map(({ place }) => ({ buffer: place.buffer, shape: place.view.shape })),
    };
    this.steps.push(step);
    return results.map(({ value }) => value);
  }
}
