import { setTimeout } from "node:timers/promises";
import type { HostGenerator } from "@tsuki/nn";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Dataset } from "./dataset.ts";
import { Loader, type LoaderOptions } from "./loader.ts";
import { below } from "./shuffle.ts";

/** A batch as the numbers of its examples, and its size. */
interface Numbers {
  readonly taken: readonly number[];
  readonly size: number;
}

const asNumbers = (taken: readonly number[], size: number): Numbers => ({ taken: [...taken], size });

type Settings = Omit<LoaderOptions<number, Numbers>, "collate">;

const countTo = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

function loaderOf(data: Dataset<number> | readonly number[], settings: Settings): Loader<number, Numbers> {
  return new Loader(data, { ...settings, collate: asNumbers });
}

async function take<B>(loader: Loader<number, B>, batches: number): Promise<B[]> {
  const taken: B[] = [];
  while (taken.length < batches) taken.push(await loader.next());
  return taken;
}

const throughJson = <T>(state: T): T => JSON.parse(JSON.stringify(state));

const settings = fc
  .record({
    length: fc.integer({ min: 1, max: 40 }),
    batch: fc.integer({ min: 1, max: 9 }),
    seed: fc.maxSafeNat(),
    shuffle: fc.boolean(),
    last: fc.constantFrom("drop", "pad"),
    prefetch: fc.nat(4),
  })
  .filter(({ length, batch, last }) => last === "pad" || length >= batch);

describe("an epoch", () => {
  test("has every example at most once, and all but those that do not fill a batch", async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ length, ...given }) => {
        const loader = loaderOf(countTo(length), given);
        for (let epoch = 0; epoch < 3; epoch++) {
          const batches: Numbers[] = [];
          for await (const one of loader.epoch()) batches.push(one);
          expect(loader.epochs).toBe(epoch + 1);
          expect(batches.length).toBe(loader.batchesPerEpoch);
          const seen = batches.flatMap(({ taken }) => taken);
          expect(new Set(seen).size).toBe(seen.length);
          const whole = given.last === "pad" ? length : length - (length % given.batch);
          expect(seen.length).toBe(whole);
          expect(batches.every(({ size }) => size === given.batch)).toBe(true);
          expect(batches.slice(0, -1).every(({ taken }) => taken.length === given.batch)).toBe(true);
          if (!given.shuffle) expect(seen).toEqual(countTo(length).slice(0, whole));
        }
      }),
    );
  });

  test("is shuffled anew each time, as the seed says", async () => {
    const orders = async (seed: number): Promise<string[]> => {
      const batches = await take(loaderOf(countTo(20), { batch: 20, seed }), 3);
      return batches.map(({ taken }) => String(taken));
    };
    expect(await orders(1)).toEqual(await orders(1));
    expect(new Set([...(await orders(1)), ...(await orders(2)), String(countTo(20))]).size).toBe(7);
  });

  test("may have other examples than the last", async () => {
    const data: Dataset<number> = {
      ...{ length: 9, leastLength: 5, get: () => Number.NaN },
      beginEpoch(random: HostGenerator) {
        const first = below(5, random);
        return { length: 9 - first, leastLength: 5, get: (index) => first + index };
      },
    };
    const loader = loaderOf(data, { batch: 1, seed: 4 });
    const firsts = new Set<number>();
    for (let epoch = 0; epoch < 50; epoch++) {
      const seen: number[] = [];
      for await (const { taken } of loader.epoch()) seen.push(...taken);
      seen.sort((a, b) => a - b);
      firsts.add(seen[0]);
      expect(seen).toEqual(countTo(9).slice(seen[0]));
    }
    expect(firsts.size).toBe(5);
  });
});

describe("a place", () => {
  test("is where another loader goes on, whatever was begun ahead", async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.nat(30), fc.maxSafeNat(), async ({ length, ...given }, before, seed) => {
        const loader = loaderOf(countTo(length), given);
        await take(loader, before);
        const state = throughJson(loader.state());
        const resumed = loaderOf(countTo(length), { ...given, seed, prefetch: 0 });
        resumed.restore(state);
        expect(resumed.state()).toEqual(state);
        expect(resumed.epochs).toBe(loader.epochs);
        expect(await take(resumed, 12)).toEqual(await take(loader, 12));
        loader.restore(state);
        resumed.restore(state);
        expect(await take(loader, 3)).toEqual(await take(resumed, 3));
      }),
    );
  });

  test("of an epoch that has begun: the rest of it comes first", async () => {
    const loader = loaderOf(countTo(10), { batch: 2, seed: 1 });
    const seen: number[] = [];
    for await (const { taken } of loader.epoch()) {
      seen.push(...taken);
      if (seen.length === 4) break;
    }
    expect(loader.epochs).toBe(0);
    for await (const { taken } of loader.epoch()) seen.push(...taken);
    expect(seen.sort((a, b) => a - b)).toEqual(countTo(10));
  });

  test("that the data do not have is an error", () => {
    const state = loaderOf(countTo(30), { batch: 10 }).state();
    const loader = loaderOf(countTo(9), { batch: 2 });
    expect(() => loader.restore({ ...state, taken: 10 })).toThrow("10 examples were taken of an epoch that has 8");
    expect(loader.state().taken).toBe(0);
  });
});

describe("batches ahead", () => {
  /** Data that count how often they are read, and can be made to fail. */
  function watched(length: number) {
    const read: number[] = [];
    const failing = new Set<number>();
    const get = async (index: number): Promise<number> => {
      read.push(index);
      await setTimeout(0);
      if (failing.has(index)) throw new Error(`example ${index} is lost`);
      return index;
    };
    return { data: { length, get }, read, failing };
  }

  it("are begun, as many as asked for, and no example is read twice", async () => {
    for (const prefetch of [0, 1, 3]) {
      const { data, read } = watched(20);
      const loader = loaderOf(data, { batch: 2, shuffle: false, prefetch });
      for (let batch = 1; batch <= 5; batch++) {
        const next = loader.next();
        expect(read).toEqual(countTo(2 * (batch + prefetch)));
        expect((await next).taken).toEqual([2 * batch - 2, 2 * batch - 1]);
      }
    }
  });

  it("come in order, however long each takes, also to calls that do not wait", async () => {
    const get = (index: number): Promise<number> => setTimeout((index * 7) % 5, index);
    const loader = loaderOf({ length: 12, get }, { batch: 2, shuffle: false });
    const batches = await Promise.all([1, 2, 3, 4, 5, 6].map(() => loader.next()));
    expect(batches.flatMap(({ taken }) => taken)).toEqual(countTo(12));
  });

  it("that fail say so when they are taken, and are tried again", async () => {
    const { data, failing } = watched(8);
    const loader = loaderOf(data, { batch: 2, shuffle: false });
    failing.add(3);
    expect((await loader.next()).taken).toEqual([0, 1]);
    // A rejection that nobody heard of would end the process.
    await setTimeout(5);
    for (let attempt = 0; attempt < 2; attempt++) await expect(loader.next()).rejects.toThrow("example 3 is lost");
    expect(loader.state().taken).toBe(2);
    failing.clear();
    expect((await take(loader, 3)).flatMap(({ taken }) => taken)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("that fail change no place to which the loader has gone meanwhile", async () => {
    const { data, failing } = watched(8);
    const loader = loaderOf(data, { batch: 2, shuffle: false });
    const start = loader.state();
    await take(loader, 1);
    for (const index of [2, 4]) failing.add(index);
    const lost = [loader.next(), loader.next()];
    for (const call of lost) await expect(call).rejects.toThrow("is lost");
    expect(loader.state().taken).toBe(2);
    const late = loader.next();
    loader.restore(start);
    await expect(late).rejects.toThrow("example 2 is lost");
    expect(loader.state().taken).toBe(0);
  });
});

test("batches without end, by for await", async () => {
  const seen: number[] = [];
  for await (const { taken } of loaderOf(countTo(3), { batch: 2, last: "pad", shuffle: false })) {
    seen.push(...taken);
    if (seen.length > 6) break;
  }
  expect(seen).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
});

test("rows are stacked where nothing else is asked for", async () => {
  const loader = new Loader([Uint8Array.of(1, 2), Uint8Array.of(3, 4)], { batch: 2, shuffle: false });
  const ids = await loader.next();
  expect([ids.dtype, ids.shape, await ids.array()]).toEqual([
    "int32",
    [2, 2],
    [
      [1, 2],
      [3, 4],
    ],
  ]);
});

describe("what makes no sense is refused", () => {
  const cases: [Settings, string][] = [
    [{ batch: 0 }, "batch is a whole number ≥ 1, not 0"],
    [{ batch: 2, prefetch: -1 }, "prefetch is a whole number ≥ 0, not -1"],
    [{ batch: 11 }, "an epoch has 10 examples, and a batch takes 11"],
    [{ batch: 2, seed: 0.5 }, "not 0.5"],
  ];
  test.each(cases)("%o", (given, message) => {
    expect(() => loaderOf(countTo(10), given)).toThrow(message);
  });

  test("fewer windows than a batch takes, where an epoch may have as few", () => {
    const data: Dataset<number> = { length: 10, leastLength: 9, get: (index) => index };
    expect(() => loaderOf(data, { batch: 10 })).toThrow("an epoch has 9 examples, and a batch takes 10");
    expect(loaderOf(data, { batch: 10, shuffle: false }).batchesPerEpoch).toBe(1);
  });

  test("no examples", () => {
    expect(() => loaderOf([], { batch: 1, last: "pad" })).toThrow("an epoch has 0 examples, and a batch takes 1");
  });
});
