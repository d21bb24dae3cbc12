import { concat, grad, readAll, type Tensor, tensor, type Variable, variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { type AttentionOptions, scaledDotProductAttention } from "./attention.ts";

const shapes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  heads: fc.integer({ min: 1, max: 3 }),
  queries: fc.integer({ min: 1, max: 7 }),
  keys: fc.integer({ min: 1, max: 7 }),
  keyDim: fc.integer({ min: 1, max: 6 }),
  valueDim: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(1000),
});

/** The definition, in float64, query by query. */
function attend(
  [q, k, v]: readonly (readonly number[])[],
  [queries, keys, keyDim, valueDim]: readonly number[],
  visible: (matrix: number, query: number, key: number) => boolean,
  scale = 1 / Math.sqrt(keyDim),
): number[] {
  const rows = q.length / keyDim;
  return Array.from({ length: rows }, (_, row) => {
    const [matrix, query] = [Math.floor(row / queries), row % queries];
    const seen = Array.from({ length: keys }, (_, key) => key).filter((key) => visible(matrix, query, key));
    const score = (key: number): number => {
      const at = (matrix * keys + key) * keyDim;
      return (
        scale * Array.from({ length: keyDim }, (_, i) => q[row * keyDim + i] * k[at + i]).reduce((a, b) => a + b, 0)
      );
    };
    const weights = seen.map((key) => Math.exp(score(key)));
    const total = weights.reduce((a, b) => a + b, 0);
    return Array.from({ length: valueDim }, (_, i) =>
      seen.reduce((sum, key, j) => sum + (weights[j] / total) * v[(matrix * keys + key) * valueDim + i], 0),
    );
  }).flat();
}

async function inputs(seed: number, lead: readonly number[], [queries, keys, keyDim, valueDim]: readonly number[]) {
  const [q, k, v] = [
    await normal(3 * seed, [...lead, queries, keyDim]),
    await normal(3 * seed + 1, [...lead, keys, keyDim]),
    await normal(3 * seed + 2, [...lead, keys, valueDim]),
  ];
  return { tensors: [q.x, k.x, v.x] as const, values: [q.values, k.values, v.values] };
}

onEachDevice(() => {
  test("softmax(q·kᵀ · scale)·v over the keys that are seen; the last query is at the last key", async () => {
    const options = fc.record({
      causal: fc.boolean(),
      scale: fc.constantFrom(undefined, 0.3),
      masked: fc.constantFrom("not", "keys", "pairs"),
    });
    await fc.assert(
      fc.asyncProperty(shapes, options, async ({ batch, heads, seed, ...sizes }, { causal, scale, masked }) => {
        const extents = [sizes.queries, sizes.keys, sizes.keyDim, sizes.valueDim];
        const { tensors, values } = await inputs(seed, [batch, heads], extents);
        const [queries, keys] = extents;
        const maskShape = { not: null, keys: [batch, keys], pairs: [batch, 1, queries, keys] }[masked];
        const noise = maskShape && (await normal(seed, maskShape));
        const mask = noise?.x.gt(0);
        const visible = (matrix: number, query: number, key: number): boolean => {
          const row = Math.floor(matrix / heads);
          const place = masked === "keys" ? row * keys + key : (row * queries + query) * keys + key;
          return (!causal || key <= query + keys - queries) && (noise ? noise.values[place] > 0 : true);
        };
        const y = scaledDotProductAttention(...tensors, { causal, ...(scale && { scale }), ...(mask && { mask }) });
        expect(y.shape).toEqual([batch, heads, queries, sizes.valueDim]);
        expectClose(await y.data(), attend(values, extents, visible, scale), 2e-6);
      }),
    );
  });

  test("query heads that share keys and values give the bits of repeated ones", async () => {
    const groups = fc.record({ shared: fc.integer({ min: 1, max: 3 }), times: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(shapes, groups, async ({ batch, seed, ...sizes }, { shared, times }) => {
        const q = (await normal(seed, [batch, shared * times, sizes.queries, sizes.keyDim])).x;
        const k = (await normal(seed + 1, [batch, shared, sizes.keys, sizes.keyDim])).x;
        const v = (await normal(seed + 2, [batch, shared, sizes.keys, sizes.valueDim])).x;
        const repeat = (x: Tensor): Tensor =>
          concat(
            Array.from({ length: shared * times }, (_, head) => x.slice(1, Math.floor(head / times)).slice(1, 0, 1)),
            1,
          );
        const grouped = scaledDotProductAttention(q, k, v, { causal: true });
        const repeated = scaledDotProductAttention(q, repeat(k), repeat(v), { causal: true });
        expect(await grouped.data()).toEqual(await repeated.data());
      }),
    );
  });

  test("block by block as composed of other ops, with their gradients: a bias of zeros asks for the latter", async () => {
    const sharing = fc.record({ shared: fc.integer({ min: 1, max: 2 }), times: fc.integer({ min: 1, max: 2 }) });
    const options = fc.record({ causal: fc.boolean(), scale: fc.constantFrom(undefined, 0.3) });
    await fc.assert(
      fc.asyncProperty(shapes, sharing, options, async ({ batch, seed, ...of }, { shared, times }, chosen) => {
        const given = [
          await normal(seed, [batch, shared * times, of.queries, of.keyDim]),
          await normal(seed + 1, [1, shared, of.keys, of.keyDim]),
          await normal(seed + 2, [batch, shared, of.keys, of.valueDim]),
        ].map(({ x }) => variable(x, { requiresGrad: true }));
        const weights = (await normal(seed + 3, [batch, shared * times, of.queries, of.valueDim])).x;
        const results = [{}, { bias: tensor([0]) }].map((form) => {
          const [q, k, v] = given.map((x) => x.read());
          const y = scaledDotProductAttention(q, k, v, { ...chosen, ...form });
          return readAll(Object.fromEntries([y, ...grad(y.mul(weights).sum(), given)].entries()));
        });
        const [blockwise, composed] = await Promise.all(results);
        for (const [name, { data }] of Object.entries(composed)) expectClose(blockwise[name].data, data, 5e-6);
      }),
    );
  });

  test("a bias is added to the scaled products: −∞ hides a key", async () => {
    const { tensors } = await inputs(1, [2, 3], [4, 5, 2, 2]);
    const bias = (await normal(9, [3, 1, 5])).x.add(tensor([0, 0, Number.NEGATIVE_INFINITY, 0, 0]));
    const mask = tensor([1, 2].map(() => [true, true, false, true, true]));
    const hidden = scaledDotProductAttention(...tensors, { bias });
    const masked = scaledDotProductAttention(...tensors, { bias: (await normal(9, [3, 1, 5])).x, mask });
    expectClose(await hidden.data(), await masked.data(), 1e-6);
  });

  test("causality: later tokens change no bit of an earlier row", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(), async ({ batch, heads, queries: length, keyDim, valueDim, seed }, pick) => {
        const kept = pick % length;
        const [a, b] = await Promise.all(
          [seed, seed + 1].map((s) => inputs(s, [batch, heads], [length, length, keyDim, valueDim])),
        );
        const changed = a.tensors.map((x, i) => concat([x.slice(2, 0, kept), b.tensors[i].slice(2, kept).mul(100)], 2));
        const run = ([q, k, v]: readonly Tensor[]) =>
          scaledDotProductAttention(q, k, v, { causal: true }).slice(2, 0, kept);
        expect(await run(changed).data()).toEqual(await run(a.tensors).data());
      }),
    );
  });

  test("padding on the left changes a row by no more than rounding, and padded rows are 0", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ heads, queries: length, keys: padding, keyDim, valueDim, seed }) => {
        const { tensors } = await inputs(seed, [1, heads], [length, length, keyDim, valueDim]);
        const junk = await inputs(seed + 1, [1, heads], [padding, padding, keyDim, valueDim]);
        const [q, k, v] = tensors.map((x, i) => concat([junk.tensors[i], x], 2));
        const mask = tensor([Array.from({ length: padding + length }, (_, place) => place >= padding)]);
        const padded = scaledDotProductAttention(q, k, v, { causal: true, mask }).keep();
        const plain = scaledDotProductAttention(...tensors, { causal: true });
        expectClose(await padded.slice(2, padding).data(), await plain.data(), 2e-6);
        expect(new Set(await padded.slice(2, 0, padding).data())).toEqual(new Set([0]));
      }),
    );
  });

  test("a row that sees nothing passes no gradient, and no NaN", async () => {
    const { tensors } = await inputs(1, [1, 1], [3, 3, 2, 2]);
    const [q, k, v] = tensors.map((x) => variable(x, { requiresGrad: true }));
    const mask = tensor([[false, false, true]]);
    scaledDotProductAttention(q.read(), k.read(), v.read(), { causal: true, mask }).square().sum().backward();
    const gradients = await Promise.all([q, k, v].map(async (x) => (await x.grad?.data()) ?? []));
    // The only query that sees a key sees one: its weight is 1, whatever q and k are.
    expect([...gradients[0], ...gradients[1]].map(Math.abs)).toEqual(new Array(12).fill(0));
    expect([...gradients[2].slice(0, 4)]).toEqual([0, 0, 0, 0]);
    expectClose(
      gradients[2].slice(4),
      Array.from((await v.data()).slice(4), (value) => 2 * value),
      1e-6,
    );
  });

  test("large scores do not overflow", async () => {
    const q = tensor([[[[1e4]]]]);
    const k = tensor([[[[1e4], [-1e4]]]]);
    const v = tensor([[[[1], [2]]]]);
    for (const options of [{}, { causal: true }] satisfies AttentionOptions[]) {
      expect(await scaledDotProductAttention(q, k, v, options).array()).toEqual([[[[1]]]]);
    }
  });
});

test("shapes that do not fit are one error", () => {
  const of = (...shape: number[]): Tensor => tensor(new Float32Array(shape.reduce((a, b) => a * b)), { shape });
  const [q, k, v] = [of(2, 1, 3, 4), of(2, 1, 5, 4), of(2, 1, 5, 6)];
  expect(() => scaledDotProductAttention(q.select(0, 0), k, v)).toThrow("not [1,3,4], [2,1,5,4] and [2,1,5,6]");
  expect(() => scaledDotProductAttention(q, v, v)).toThrow("not [2,1,3,4], [2,1,5,6] and [2,1,5,6]");
  expect(() => scaledDotProductAttention(q, k, q)).toThrow("not [2,1,3,4], [2,1,5,4] and [2,1,3,4]");
  const three = of(2, 3, 5, 4);
  expect(() => scaledDotProductAttention(of(2, 2, 3, 4), three, three)).toThrow("where G divides H, not [2,2,3,4]");
  expect(() => scaledDotProductAttention(q, k, v, { mask: of(2, 5) })).toThrow(
    "the mask is bool (true: seen), not float32",
  );
  expect(() => scaledDotProductAttention(q, k, v, { mask: of(2, 3).gt(0) })).toThrow(
    "a mask [2, 5] or one that broadcasts to [2,1,3,5] is needed, not [2,3]",
  );
});

test("gradients: plain, causal, and masked with a row that sees nothing", async () => {
  const all = [await normal64(1, [1, 2, 3, 2]), await normal64(2, [1, 2, 3, 2]), await normal64(3, [1, 2, 3, 2])];
  const run = (options: AttentionOptions) =>
    gradcheck((q: Variable, k, v) => scaledDotProductAttention(q.read(), k.read(), v.read(), options), all);
  await run({});
  await run({ causal: true, scale: 0.5 });
  await run({ causal: true, mask: tensor([[false, true, true]]) });
});
