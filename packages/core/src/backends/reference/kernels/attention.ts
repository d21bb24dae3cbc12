import type { TypedArray } from "../../../dtype.ts";
import type { AttentionBackwardKernel, AttentionKernel, AttentionShape } from "../../../plan/plan.ts";
import { computed, read, write } from "../arrays.ts";
import type { Frame } from "../frame.ts";

/** Query by query: scores, their softmax, and the mean of the values. Sums run over rising keys in float64. */
export function* attention(kernel: AttentionKernel, frame: Frame): Generator<void, void> {
  const { keys, valueWidth } = kernel;
  const scores = yield* scoresOf(kernel, frame);
  const v = yield* read(frame, kernel.v);
  const [out, logSumExp] = [computed(frame, kernel.out), computed(frame, kernel.logSumExp)];
  const sums = new Float64Array(valueWidth);
  for (const { row, head, seen } of rowsOf(kernel)) {
    const s = scores(row, head, seen);
    const top = s.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    // Nothing is subtracted from a row of −∞: ∞ − ∞ is no number.
    const shift = top === Number.NEGATIVE_INFINITY ? 0 : top;
    let total = 0;
    sums.fill(0);
    for (let j = 0; j < seen; j++) {
      const weight = Math.exp(s[j] - shift);
      total += weight;
      addScaled(sums, weight, v, (head * keys + j) * valueWidth);
    }
    for (let c = 0; c < valueWidth; c++) out[row * valueWidth + c] = sums[c] / (total === 0 ? 1 : total);
    logSumExp[row] = shift + Math.log(total);
    yield;
  }
  yield* write(frame, kernel.out, out);
  yield* write(frame, kernel.logSumExp, logSumExp);
}

/** Query by query; sums over queries run over rising heads, then rising queries, in float64. */
export function* attentionBackward(kernel: AttentionBackwardKernel, frame: Frame): Generator<void, void> {
  const { keys, width, valueWidth } = kernel;
  const scale = scaleOf(kernel, frame);
  const scores = yield* scoresOf(kernel, frame);
  const q = yield* read(frame, kernel.q);
  const k = yield* read(frame, kernel.k);
  const v = yield* read(frame, kernel.v);
  const logSumExp = yield* read(frame, kernel.logSumExp);
  const delta = yield* read(frame, kernel.delta);
  const dOut = yield* read(frame, kernel.dOut);
  const dq = computed(frame, kernel.dq);
  const [ofKeys, ofValues] = [new Float64Array(k.length), new Float64Array(v.length)];
  const sums = new Float64Array(width);
  for (const { row, head, seen } of rowsOf(kernel)) {
    const s = scores(row, head, seen);
    const shift = logSumExp[row] === Number.NEGATIVE_INFINITY ? 0 : logSumExp[row];
    sums.fill(0);
    for (let j = 0; j < seen; j++) {
      const key = head * keys + j;
      const weight = Math.exp(s[j] - shift);
      const e = weight * (dot(dOut, row * valueWidth, v, key * valueWidth, valueWidth) - delta[row]);
      addScaled(sums, e, k, key * width);
      addScaled(ofKeys.subarray(key * width, (key + 1) * width), e, q, row * width);
      addScaled(ofValues.subarray(key * valueWidth, (key + 1) * valueWidth), weight, dOut, row * valueWidth);
    }
    for (let c = 0; c < width; c++) dq[row * width + c] = scale * sums[c];
    yield;
  }
  yield* write(frame, kernel.dq, dq);
  const [dk, dv] = [computed(frame, kernel.dk), computed(frame, kernel.dv)];
  dk.set(ofKeys.map((sum) => scale * sum));
  dv.set(ofValues);
  yield* write(frame, kernel.dk, dk);
  yield* write(frame, kernel.dv, dv);
}

interface Row {
  /** Number of the query, and of the head that holds its keys. */
  readonly row: number;
  readonly head: number;
  /** How many keys it sees: the first ones. */
  readonly seen: number;
}

function* rowsOf({ batch, heads, groups, queries, keys, causal }: AttentionShape): Generator<Row, void> {
  for (let row = 0; row < batch * heads * queries; row++) {
    const head = Math.floor(Math.floor(row / queries) / (heads / groups));
    const place = (row % queries) + keys - queries;
    yield { row, head, seen: causal ? Math.max(0, place + 1) : keys };
  }
}

/** Gives the scaled products of a query with the keys that it sees. */
function* scoresOf(
  kernel: AttentionShape,
  frame: Frame,
): Generator<void, (row: number, head: number, seen: number) => Float64Array> {
  const { keys, width } = kernel;
  const scale = scaleOf(kernel, frame);
  const q = yield* read(frame, kernel.q);
  const k = yield* read(frame, kernel.k);
  return (row, head, seen) =>
    Float64Array.from({ length: seen }, (_, j) => scale * dot(q, row * width, k, (head * keys + j) * width, width));
}

function scaleOf({ scale }: AttentionShape, { numbers }: Frame): number {
  const value = scale.kind === "number" ? numbers[scale.slot] : scale.value;
  return scale.dtype === "float32" ? Math.fround(value) : value;
}

function dot(a: TypedArray, aStart: number, b: TypedArray, bStart: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[aStart + i] * b[bStart + i];
  return sum;
}

/** sums += factor · (the elements from `start` on) */
function addScaled(sums: Float64Array, factor: number, elements: TypedArray, start: number): void {
  for (let i = 0; i < sums.length; i++) sums[i] += factor * elements[start + i];
}
