import { realize, stats, type Tensor, tensor } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { KVCache } from "./cache.ts";

const layer = {};

/** Entries [1, T, 2] of the places from `start` on: each holds its place and the batch's number. */
function entries(start: number, length: number, text = 1): Tensor {
  const values = Array.from({ length }, (_, i) => [start + i, text]);
  return tensor([values]);
}

onEachDevice(() => {
  test("every call writes at its place; the first sees its own entries, later ones all places", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.constantFrom(1, 2)), async (kept, lengths) => {
        const cache = new KVCache({ capacity: 8 });
        cache.prefill(4, { kept });
        expect(await cache.update(layer, "keys", entries(0, 4)).array()).toEqual(await entries(0, 4).array());
        for (const length of lengths.slice(0, 2)) {
          const start = cache.length;
          cache.extend(length);
          const held = (await cache.update(layer, "keys", entries(start, length)).array()) as number[][][];
          expect(held[0].slice(0, cache.length)).toEqual(Array.from({ length: cache.length }, (_, i) => [i, 1]));
          expect(held[0].length).toBe(8);
        }
        cache.dispose();
      }),
      { numRuns: 10 },
    );
  });

  test("a query sees the places up to its own that are no padding, of them those of the window", async () => {
    const cases = fc.record({
      padding: fc.tuple(fc.nat(2), fc.nat(2)),
      kept: fc.integer({ min: 3, max: 4 }),
      length: fc.constantFrom(1, 2),
      window: fc.constantFrom(undefined, 1, 3),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ padding, kept, length, window }) => {
        const cache = new KVCache({ capacity: 8 });
        const context = { kept, padding: tensor(Int32Array.from(padding)) };
        const expectVisible = async (start: number, queries: number, places: number): Promise<void> => {
          const expected = padding.map((empty) => [
            Array.from({ length: queries }, (_, q) =>
              Array.from({ length: places }, (__, key) => {
                const query = start + q;
                return key >= empty && key <= query && (window === undefined || key > query - window);
              }),
            ),
          ]);
          expect(await cache.visible({ ...(window && { window }) }).array()).toEqual(expected);
        };
        const first = cache.prefill(4, context);
        await expectVisible(0, 4, 4);
        const positions = (start: number, queries: number): number[][] =>
          padding.map((empty) => Array.from({ length: queries }, (_, q) => Math.max(start + q - empty, 0)));
        expect(await first.positions?.array()).toEqual(positions(0, 4));
        const next = cache.extend(length);
        await expectVisible(kept, length, 8);
        expect(await next.positions?.array()).toEqual(positions(kept, length));
      }),
      { numRuns: 15 },
    );
  });

  test("without padding one mask and one row of positions serve all texts", async () => {
    const cache = new KVCache({ capacity: 2 });
    expect(await cache.prefill(2).positions?.array()).toEqual([[0, 1]]);
    expect(await cache.visible().select(0, 0).select(0, 0).array()).toEqual([
      [true, false],
      [true, true],
    ]);
  });

  test("entries are held in the dtype that is asked for", async () => {
    const cache = new KVCache({ capacity: 4, dtype: "bfloat16" });
    cache.prefill(1);
    cache.update(layer, "keys", tensor([[[1 + 2 ** -9, 1.5]]]));
    await realize();
    cache.extend(1);
    const held = cache.update(layer, "keys", tensor([[[-2 - 2 ** -7, 256]]]));
    expect(await held.slice(1, 0, 2).mul(1).array()).toEqual([
      [
        [1, 1.5],
        [-2, 256],
      ],
    ]);
    expect(cache.variables.map(({ dtype, size }) => [dtype, size])).toEqual([["bfloat16", 8]]);
  });

  test("another text takes the same variables; dispose() gives them back", async () => {
    await realize();
    const { liveBytes } = stats();
    const cache = new KVCache({ capacity: 4 });
    for (const text of [1, 2]) {
      cache.prefill(2);
      cache.update(layer, "keys", entries(0, 2, text));
      await realize();
      cache.extend();
      const held = (await cache.update(layer, "keys", entries(2, 1, text)).array()) as number[][][];
      expect(held[0].slice(0, 3)).toEqual([
        [0, text],
        [1, text],
        [2, text],
      ]);
      expect(cache.variables.map(({ shape, name }) => [shape, name])).toEqual([[[1, 4, 2], "cache.keys"]]);
    }
    expect(stats().liveBytes).toBeGreaterThan(liveBytes);
    cache.dispose();
    await realize();
    expect(stats().liveBytes).toBe(liveBytes);
  });
});

test("what does not fit is refused", () => {
  expect(() => new KVCache({ capacity: 0 })).toThrow("the capacity is a whole number ≥ 1, not 0");
  const cache = new KVCache({ capacity: 4 });
  expect(() => cache.extend()).toThrow("prefill() comes before extend()");
  expect(() => cache.update(layer, "keys", entries(0, 1))).toThrow("prefill() or extend() begins a call of the model");
  expect(() => cache.prefill(5)).toThrow("5 tokens after 0 do not fit into a capacity of 4");
  expect(() => cache.prefill(3, { kept: 4 })).toThrow("of 3 tokens 1 to 3 are kept, not 4");
  cache.prefill(3);
  expect(() => cache.update(layer, "keys", entries(0, 2))).toThrow("keys [..., 3, D] are needed, not [1,2,2]");
  cache.update(layer, "keys", entries(0, 3));
  expect(() => cache.update(layer, "keys", entries(0, 3))).toThrow("gave its keys twice in one call");
  cache.update(layer, "values", entries(0, 3));
  expect(() => cache.extend(2)).toThrow("2 tokens after 3 do not fit into a capacity of 4");
  expect(() => cache.visible({ window: 0 })).toThrow("the window is a whole number ≥ 1, not 0");
  cache.extend(1);
  expect(cache.length).toBe(4);
});
