import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "../../../../../test/wasm/launch.ts";
import {
  gather,
  type Layout,
  layouts,
  place,
  positions,
  randomArray,
  sameBits,
} from "../../../../../test/wasm/places.ts";
import type { AttentionBackwardKernel, AttentionKernel } from "../../../../plan/plan.ts";
import { contiguous, sizeOf } from "../../../../plan/view.ts";
import type { KernelOptions } from "../kernel.ts";
import { type Tile, tiles } from "../tile.ts";
import { attention } from "./attention.ts";
import { attentionBackward } from "./backward.ts";

type Extent = "batch" | "heads" | "groups" | "queries" | "keys" | "width" | "valueWidth" | "causal";
type Extents = Pick<AttentionKernel, Extent> & { readonly scale: number };

/** The operands and results in the order of their buffers. */
const names = ["q", "k", "v", "dOut", "delta", "out", "logSumExp", "dq", "dk", "dv"] as const;
type Name = (typeof names)[number];

function shapesOf({ batch, heads, groups, queries, keys, width, valueWidth }: Extents): Record<Name, number[]> {
  const [q, k, v] = [
    [batch, heads, queries, width],
    [batch, groups, keys, width],
    [batch, groups, keys, valueWidth],
  ];
  const [out, rows] = [
    [batch, heads, queries, valueWidth],
    [batch, heads, queries],
  ];
  return { q, k, v, dOut: out, delta: rows, out, logSumExp: rows, dq: q, dk: k, dv: v };
}

const extents = (most: number): fc.Arbitrary<number> =>
  fc.oneof({ arbitrary: fc.nat(9), weight: 3 }, { arbitrary: fc.integer({ min: 10, max: most }), weight: 1 });

const cases = fc
  .record({
    batch: fc.constantFrom(1, 2),
    groups: fc.constantFrom(1, 2),
    sharing: fc.constantFrom(1, 3),
    queries: extents(90),
    keys: extents(90),
    width: extents(40),
    valueWidth: extents(40),
    causal: fc.boolean(),
    scale: fc.constantFrom(0.3, 1, -0.5),
    seed: fc.integer(),
  })
  .map(({ sharing, ...rest }) => ({ ...rest, heads: rest.groups * sharing }))
  .chain((of) => {
    const shapes = Object.values(shapesOf(of));
    const each = shapes.map((shape, i) => layouts(shape, { repeats: i < 5 }));
    return fc.record({ of: fc.constant(of), places: fc.tuple(...each) });
  });

/** Contents of all buffers; results hold noise before. */
function contents(seed: number, places: readonly Layout[]): Float32Array[] {
  return places.map(({ size }, i) => randomArray(size, seed + i));
}

/** Runs both kernels; the buffers after it. */
function compute(
  of: Extents,
  places: readonly Layout[],
  buffers: readonly Float32Array[],
  options: KernelOptions,
  threads: number,
): Float32Array[] {
  const at = Object.fromEntries(names.map((name, i) => [name, place(i, places[i])])) as Record<
    Name,
    ReturnType<typeof place>
  >;
  const { scale, ...shape } = of;
  const { q, k, v, out, logSumExp, delta, dOut, dq, dk, dv } = at;
  const common = { label: "", ...shape, scale: { kind: "constant", dtype: "float32", value: scale }, q, k, v } as const;
  const forward: AttentionKernel = { kind: "attention", ...common, out, logSumExp };
  const back = { logSumExp, delta, dOut, dq, dk, dv };
  const backward: AttentionBackwardKernel = { kind: "attentionBackward", ...common, ...back };
  const after = run(attention(forward, options), buffers, threads).buffers;
  return run(attentionBackward(backward, options), after, threads).buffers as Float32Array[];
}

const epsilon = 2 ** -24;

/** The definition in float64, and how far each element may be from it. */
class Model {
  readonly expected: Record<Name, Float64Array>;
  readonly bounds: Record<Name, Float64Array>;

  /** @param given Elements of the operands, and of the log-sum-exp that the gradients are given. */
  constructor(of: Extents, given: Readonly<Record<"q" | "k" | "v" | "dOut" | "delta" | "logSumExp", number[]>>) {
    const shapes = Object.entries(shapesOf(of));
    const make = (): Record<Name, Float64Array> =>
      Object.fromEntries(shapes.map(([name, shape]) => [name, new Float64Array(sizeOf(shape))])) as Record<
        Name,
        Float64Array
      >;
    const [expected, bounds] = [make(), make()];
    [this.expected, this.bounds] = [expected, bounds];
    const { batch, heads, groups, queries, keys, width, valueWidth, causal } = of;
    const scale = Math.fround(of.scale);
    const add = (name: Name, i: number, value: number, error: number): void => {
      expected[name][i] += value;
      bounds[name][i] += Math.abs(value) * error;
    };
    for (let row = 0; row < batch * heads * queries; row++) {
      const first = Math.floor(Math.floor(row / queries) / (heads / groups)) * keys;
      const seen = causal ? Math.max(0, (row % queries) + keys - queries + 1) : keys;
      const scores = Array.from({ length: seen }, (_, j) => {
        const terms = Array.from(
          { length: width },
          (_, c) => given.q[row * width + c] * given.k[(first + j) * width + c],
        );
        const size = terms.reduce((sum, x) => sum + Math.abs(x), 0);
        return {
          value: scale * terms.reduce((sum, x) => sum + x, 0),
          error: (width + 3) * epsilon * Math.abs(scale) * size,
        };
      });
      const top = Math.max(Number.NEGATIVE_INFINITY, ...scores.map(({ value }) => value));
      const total = scores.reduce((sum, { value }) => sum + Math.exp(value - top), 0);
      const error = Math.max(0, ...scores.map((s) => s.error + (Math.abs(s.value - top) + 4) * epsilon));
      expected.logSumExp[row] = seen > 0 ? top + Math.log(total) : Number.NEGATIVE_INFINITY;
      bounds.logSumExp[row] = seen > 0 ? error + (keys + 4 + 2 * Math.abs(expected.logSumExp[row])) * epsilon : 0;
      const log = given.logSumExp[row];
      for (const [j, { value, error: ofScore }] of scores.entries()) {
        const mean = Math.exp(value - top) / total;
        const weight = Math.exp(value - log);
        const ofWeight = ofScore + (Math.abs(value) + Math.abs(log) + 5) * epsilon;
        let [difference, size] = [-given.delta[row], Math.abs(given.delta[row])];
        for (let c = 0; c < valueWidth; c++) {
          const [ofOut, ofValue] = [given.dOut[row * valueWidth + c], given.v[(first + j) * valueWidth + c]];
          difference += ofOut * ofValue;
          size += Math.abs(ofOut * ofValue);
          add("out", row * valueWidth + c, mean * ofValue, 2 * error + (2 * keys + 5) * epsilon);
          add(
            "dv",
            (first + j) * valueWidth + c,
            weight * ofOut,
            ofWeight + ((heads / groups) * queries + 2) * epsilon,
          );
        }
        const terms = Math.max(keys, (heads / groups) * queries) + valueWidth + 8;
        for (let c = 0; c < width; c++) {
          for (const [name, i, other] of [
            ["dq", row * width + c, given.k[(first + j) * width + c]],
            ["dk", (first + j) * width + c, given.q[row * width + c]],
          ] as const) {
            expected[name][i] += scale * weight * difference * other;
            bounds[name][i] += Math.abs(scale * weight * size * other) * (ofWeight + terms * epsilon);
          }
        }
      }
    }
  }
}

// The causality of rows is tested with all of them.
const anyTile = fc.constantFrom(tiles.narrow, tiles.paired);

test("forward and backward in any layout: within the bounds of their sums, the same bits at any number of threads", () => {
  fc.assert(
    fc.property(cases, anyTile, fc.boolean(), fc.constantFrom(2, 3), ({ of, places }, tile, relaxed, threads) => {
      const buffers = contents(of.seed, places);
      const results = compute(of, places, buffers, { tile, relaxed, concurrent: false }, 1);
      const again = compute(of, places, buffers, { tile, relaxed, concurrent: false }, threads);
      for (const [i, data] of results.entries()) expect(sameBits(again[i], data)).toBe(true);
      const read = (name: Name): number[] => gather(results[names.indexOf(name)], places[names.indexOf(name)].view);
      const [q, k, v, dOut, delta, , logSumExp] = names.map(read);
      const model = new Model(of, { q, k, v, dOut, delta, logSumExp });
      for (const [i, name] of names.entries()) {
        const touched = new Set(i < 5 ? [] : positions(places[i].view));
        for (const [at, x] of results[i].entries()) if (!touched.has(at)) expect(x).toBe(buffers[i][at]);
        if (i < 5) continue;
        for (const [at, x] of read(name).entries()) {
          const [wanted, bound] = [model.expected[name][at], model.bounds[name][at]];
          if (x !== wanted && !(Math.abs(x - wanted) <= 1.05 * bound)) {
            throw new Error(`${name}[${at}] is ${x}, not ${wanted} ± ${bound}`);
          }
        }
      }
    }),
  );
});

const dense = (of: Extents): Layout[] =>
  Object.values(shapesOf(of)).map((shape) => ({ view: contiguous(shape), size: sizeOf(shape) }));

const square: Extents = {
  batch: 1,
  heads: 2,
  groups: 1,
  queries: 75,
  keys: 75,
  width: 20,
  valueWidth: 12,
  causal: true,
  scale: 0.2,
};

/** Rows of a result of shape [..., tokens, channels]: those of `count` tokens from `start` on, of every head. */
function rows(data: Float32Array, tokens: number, channels: number, start: number, count: number): number[] {
  const heads = data.length / tokens / channels;
  return Array.from({ length: heads }, (_, head) => {
    const from = (head * tokens + start) * channels;
    return [...data.subarray(from, from + count * channels)];
  }).flat();
}

test.each(Object.entries(tiles))("causality, %s tile: later tokens change no bit of earlier rows", (_, tile: Tile) => {
  for (const kept of [1, 16, 37, 64]) {
    const [before, after] = [contents(1, dense(square)), contents(1, dense(square))];
    for (const i of [0, 1, 2]) {
      const channels = i === 2 ? 12 : 20;
      const changed = after[i];
      for (let at = 0; at < changed.length; at++) if (Math.floor(at / channels) % 75 >= kept) changed[at] *= -7;
    }
    const [a, b] = [before, after].map((buffers) =>
      compute(square, dense(square), buffers, { tile, relaxed: true, concurrent: false }, 2),
    );
    expect(rows(b[5], 75, 12, 0, kept)).toEqual(rows(a[5], 75, 12, 0, kept));
    expect(rows(b[6], 75, 1, 0, kept)).toEqual(rows(a[6], 75, 1, 0, kept));
  }
});

test("a row's bits depend neither on the batch nor on where its block begins", () => {
  const options = { tile: tiles.paired, relaxed: true, concurrent: false };
  const whole = contents(1, dense(square));
  const [q, k, v] = whole;
  const all = compute(square, dense(square), whole, options, 1);
  // The last queries alone, against the same keys; and twice the batch.
  for (const queries of [1, 5, 16, 33, 74]) {
    const last = { ...square, queries };
    const buffers = contents(1, dense(last));
    buffers[0] = Float32Array.from(rows(q, 75, 20, 75 - queries, queries));
    [buffers[1], buffers[2]] = [k, v];
    const [, , , , , out] = compute(last, dense(last), buffers, options, 2);
    expect([...out]).toEqual(rows(all[5], 75, 12, 75 - queries, queries));
  }
  const twice = { ...square, batch: 2 };
  const doubled = whole.map((data) => Float32Array.of(...data, ...data));
  const results = compute(twice, dense(twice), doubled, options, 3);
  for (const i of [5, 6, 7, 8, 9]) expect([...results[i]]).toEqual([...all[i], ...all[i]]);
});

test("queries that see no key give zeros and −∞, and pass no gradient", () => {
  const of = { ...square, queries: 40, keys: 9 };
  const results = compute(
    of,
    dense(of),
    contents(3, dense(of)),
    { tile: tiles.narrow, relaxed: false, concurrent: false },
    2,
  );
  expect(new Set(rows(results[5], 40, 12, 0, 31))).toEqual(new Set([0]));
  expect(new Set(rows(results[6], 40, 1, 0, 31))).toEqual(new Set([Number.NEGATIVE_INFINITY]));
  expect(new Set(rows(results[7], 40, 20, 0, 31))).toEqual(new Set([0]));
  for (const i of [5, 7, 8, 9]) expect(results[i].every(Number.isFinite)).toBe(true);
});

test("scores of many keys: several passes over them, blocks of one panel", () => {
  const of = { ...square, heads: 1, queries: 20, keys: 2500, width: 8, valueWidth: 8 };
  const buffers = contents(5, dense(of));
  const results = compute(of, dense(of), buffers, { tile: tiles.paired, relaxed: true, concurrent: false }, 2);
  const [q, k, v, dOut, delta] = buffers.map((data) => [...data]);
  const model = new Model(of, { q, k, v, dOut, delta, logSumExp: [...results[6]] });
  for (const [i, name] of names.entries()) {
    if (i < 5) continue;
    const wrong = results[i].findIndex(
      (x, at) => Math.abs(x - model.expected[name][at]) > 1.05 * model.bounds[name][at],
    );
    expect(wrong).toBe(-1);
  }
});
