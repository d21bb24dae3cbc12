import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { gradcheck } from "../autograd/index.ts";
import "../backends/reference/index.ts";
import {
  concat,
  Device,
  explain,
  grad,
  readAll,
  setDefaultDevice,
  type Tensor,
  tensor,
  variable,
  where,
} from "../index.ts";
import { type AttentionOptions, attention } from "./attention.ts";
import { arange } from "./creation.ts";

const devices = ["reference", "wasm"].map((name) => new Device(name, { threads: 2 }));
afterAll(() => Promise.all(devices.map((device) => device.close())));

/** Reproducible numbers between −1 and 1. */
function numbers(shape: readonly number[], seed: number): Float64Array {
  let state = seed * 7919 + 1;
  return Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

interface Extents {
  readonly batch: number;
  readonly groups: number;
  readonly sharing: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

function shapesOf({ batch, groups, sharing, queries, keys, width, valueWidth }: Extents): number[][] {
  return [
    [batch, groups * sharing, queries, width],
    [batch, groups, keys, width],
    [batch, groups, keys, valueWidth],
  ];
}

/** The definition, composed of other ops; every query sees a key. */
function composed(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false, scale = q.shape[3] ** -0.5 }: AttentionOptions,
): Tensor {
  const sharing = q.shape[1] / k.shape[1];
  const [keys, values] = [k, v].map((x) => x.repeatInterleave(sharing, 1));
  const scores = q.matmul(keys.transpose()).mul(scale);
  const [queries, length] = scores.shape.slice(2);
  const place = arange(length - queries, length).reshape([queries, 1]);
  const seen = causal ? where(arange(length).le(place), scores, Number.NEGATIVE_INFINITY) : scores;
  return concat([seen.softmax().matmul(values), seen.logsumexp({ axis: -1, keepDim: true })], -1);
}

/** Outputs and logs of sums side by side. */
function fused(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { output, logSumExp } = attention(q, k, v, options);
  return concat([output, logSumExp.unsqueeze(-1)], -1);
}

const extents: fc.Arbitrary<Extents> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
    sharing: fc.integer({ min: 1, max: 2 }),
    queries: fc.integer({ min: 1, max: 20 }),
    more: fc.integer({ min: 0, max: 5 }),
    width: fc.integer({ min: 1, max: 9 }),
    valueWidth: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ more, ...rest }) => ({ ...rest, keys: rest.queries + more }));

const options: fc.Arbitrary<AttentionOptions> = fc.constantFrom({}, { causal: true }, { causal: true, scale: -0.7 });

test.each(devices)("values and gradients are those of the composed form on $name", async (device) => {
  setDefaultDevice(device);
  await fc.assert(
    fc.asyncProperty(extents, options, async (of, chosen) => {
      const inputs = shapesOf(of).map((shape, i) =>
        variable(tensor(Float32Array.from(numbers(shape, i)), { shape }), { requiresGrad: true }),
      );
      const results = [fused, composed].map((f) => {
        const [q, k, v] = inputs.map((x) => x.read());
        const output = f(q, k, v, chosen);
        const weights = tensor(Float32Array.from(numbers(output.shape, 9)), { shape: output.shape });
        return [output, ...grad(output.mul(weights).sum(), inputs)];
      });
      const [got, wanted] = await Promise.all(results.map((list) => readAll(Object.fromEntries(list.entries()))));
      for (const [i, { data }] of Object.entries(wanted)) {
        for (const [at, y] of data.entries()) expect(Math.abs(got[i].data[at] - y)).toBeLessThan(1e-5);
      }
    }),
  );
});

test("gradients, and gradients of gradients, also of the logs of sums", async () => {
  const of: Extents = { batch: 2, groups: 1, sharing: 2, queries: 3, keys: 4, width: 2, valueWidth: 3 };
  // With fewer keys than queries some queries see none.
  for (const [keys, chosen] of [
    [4, {}],
    [4, { causal: true, scale: 0.5 }],
    [2, { causal: true }],
  ] as const) {
    const inputs = shapesOf({ ...of, keys }).map((shape, i) => tensor(numbers(shape, i), { shape }));
    const logsToo = keys >= of.queries;
    const f = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
      logsToo ? fused(q, k, v, chosen) : attention(q, k, v, chosen).output;
    await gradcheck((q, k, v) => f(q.read(), k.read(), v.read()), inputs);
    await gradcheck((...places) => {
      const [q, k, v] = places.map((x) => x.read());
      const gradients = grad(f(q, k, v).square().sum(), [q, k, v], { createGraph: true });
      return concat(gradients.map((x, i) => x.mul(i + 1).reshape([x.size])));
    }, inputs);
  }
});

test("heads that lie between the tokens are read and written in place: no copy in the plan", async () => {
  setDefaultDevice(devices[1]);
  const [batch, tokens, heads, width] = [2, 24, 3, 8];
  const x = variable(
    tensor(Float32Array.from(numbers([batch * tokens * heads * width], 1)), { shape: [batch, tokens, heads * width] }),
    {
      requiresGrad: true,
    },
  );
  const square = tensor(Float32Array.from(numbers([24 * 24], 2)), { shape: [24, 24] });
  const split = (weight: Tensor): Tensor =>
    x.matmul(weight).reshape([batch, tokens, heads, width]).permute([0, 2, 1, 3]);
  const { output } = attention(split(square), split(square.mul(2)), split(square.mul(3)), { causal: true });
  const joined = output
    .permute([0, 2, 1, 3])
    .reshape([batch, tokens, heads * width])
    .matmul(square);
  const [gradient] = grad(joined.sum(), [x]);
  await gradient.data();
  const plan = explain(devices[1]).split("\n\n")[0];
  expect(plan).toContain("attention, causal, [2, 3, 24, 8] over 3 × [24, 8]");
  expect(plan).toContain("attentionBackward, causal, [2, 3, 24, 8] over 3 × [24, 8]");
  expect(plan).not.toContain("permute");
  expect(plan).not.toContain(":reshape");
  expect(plan).not.toContain("[reshape]");
});

test("shapes that do not fit are an error that names them", () => {
  const of = (...shape: number[]): Tensor => tensor(new Float32Array(shape.reduce((a, b) => a * b)), { shape });
  const [q, k, v] = [of(2, 4, 3, 5), of(2, 2, 6, 5), of(2, 2, 6, 7)];
  expect(() => attention(q, k, of(2, 2, 5, 7))).toThrow(
    "where G divides H are needed, not [2,4,3,5], [2,2,6,5] and [2,2,5,7]",
  );
  expect(() => attention(q, of(2, 3, 6, 5), of(2, 3, 6, 7))).toThrow("not [2,4,3,5], [2,3,6,5] and [2,3,6,7]");
  expect(() => attention(q, v, v)).toThrow("attention: q [B, H, Tq, D]");
  expect(() => attention(q, k, v, { window: 3 } as AttentionOptions)).toThrow('no option "window"');
});
