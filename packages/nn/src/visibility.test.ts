import { concat, type Tensor, tensor, zeros } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { cumulative } from "../test/cumulative.ts";
import { normal } from "../test/random.ts";
import { scaledDotProductAttention } from "./attention.ts";
import { documentIds } from "./documents.ts";
import { type VisibilityOptions, visibleKeys } from "./visibility.ts";

const ints = (values: readonly number[], shape: readonly number[]): Tensor =>
  tensor(Int32Array.from(values), { shape });

onEachDevice(() => {
  test("a query sees what order, window, documents and mask all let it see", async () => {
    const cases = fc.record({
      batch: fc.integer({ min: 1, max: 2 }),
      queries: fc.integer({ min: 1, max: 6 }),
      more: fc.integer({ min: 0, max: 4 }),
      causal: fc.boolean(),
      window: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
      masked: fc.boolean(),
      packed: fc.boolean(),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ batch, queries, more, causal, window, masked, packed, seed }) => {
        const keys = queries + more;
        const noise = (await normal(seed, [batch, keys])).values;
        const documents = noise.map((value) => Math.round(value));
        const options: VisibilityOptions = {
          causal,
          window,
          mask: masked ? tensor(noise.map((value) => value > 0)).reshape([batch, keys]) : undefined,
          documents: packed ? ints(documents, [batch, keys]) : undefined,
        };
        const visible = visibleKeys(options, [batch, 3, queries, keys]) ?? zeros([1]).eq(0);
        const seen = (row: number, query: number, key: number): boolean => {
          const distance = query + more - key;
          const [from, to] = [row * keys + query + more, row * keys + key];
          return (
            (!causal || distance >= 0) &&
            (window === undefined || Math.abs(distance) < window) &&
            (!masked || noise[to] > 0) &&
            (!packed || documents[from] === documents[to])
          );
        };
        const expected = Array.from({ length: batch * queries * keys }, (_, place) =>
          Number(seen(Math.floor(place / keys / queries), Math.floor(place / keys) % queries, place % keys)),
        );
        expect([...(await visible.expand([batch, 1, queries, keys]).data())]).toEqual(expected);
      }),
    );
  });

  test("packed documents are as each document alone", async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.boolean(), fc.nat(1000), async (sizes, causal, seed) => {
        const total = sizes.reduce((a, b) => a + b);
        const [q, k, v] = await Promise.all(
          [0, 1, 2].map(async (i) => (await normal(3 * seed + i, [2, 2, total, 4])).x),
        );
        const bounds = cumulative(sizes);
        const documents = documentIds(ints(bounds, [bounds.length]), total);
        const packed = scaledDotProductAttention(q, k, v, { causal, documents });
        const alone = sizes.map((size, i) => {
          const piece = (x: Tensor): Tensor => x.slice(2, bounds[i], bounds[i] + size);
          return scaledDotProductAttention(piece(q), piece(k), piece(v), { causal });
        });
        const expected = await concat(alone, 2).data();
        // Sums over more keys, most of them 0, run in another order.
        const off = (await packed.data()).map((value, i) => Math.abs(value - expected[i]));
        expect(Math.max(...off)).toBeLessThan(1e-6);
      }),
    );
  });

  test("what another document holds changes no bit", async () => {
    const [q, k, v, other] = await Promise.all([1, 2, 3, 4].map(async (seed) => (await normal(seed, [1, 1, 6, 4])).x));
    const documents = ints([0, 0, 0, 1, 1, 1], [1, 6]);
    const run = (keys: Tensor, values: Tensor): Tensor =>
      scaledDotProductAttention(q, keys, values, { documents }).slice(2, 3);
    const changed = (x: Tensor): Tensor => concat([other.slice(2, 0, 3).mul(50), x.slice(2, 3)], 2);
    expect(await run(changed(k), changed(v)).data()).toEqual(await run(k, v).data());
  });
});

test("what does not fit is an error at the call", () => {
  const [q, k] = [zeros([2, 1, 3, 4]), zeros([2, 1, 5, 4])];
  const run = (options: VisibilityOptions): Tensor => scaledDotProductAttention(q, k, k, options);
  expect(() => run({ window: 0 })).toThrow("the window is a whole number ≥ 1, not 0");
  expect(() => run({ documents: ints([0, 0, 0], [1, 3]) })).toThrow(
    "documents int32 [2, 5] are needed for 3 queries at the last of 5 keys, not int32 [1,3]",
  );
  expect(() => run({ documents: zeros([2, 5]) })).toThrow("not float32 [2,5]");
  expect(() => scaledDotProductAttention(k, q, q, { documents: ints([0, 0, 0], [1, 3]) })).toThrow("for 5 queries");
});
