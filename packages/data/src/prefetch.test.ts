import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { batches } from "./batches.ts";
import { prefetch } from "./prefetch.ts";
import { shuffleStream } from "./shuffle-buffer.ts";
import { type EndlessStream, mapStream, repeat, streamOf } from "./stream.ts";

const pairs = (items: readonly number[]): EndlessStream<readonly number[]> => {
  const shuffled = shuffleStream(streamOf(items), { buffer: 3, seed: 5 });
  return repeat(batches(shuffled, { batch: 2, last: "pad", collate: (pair) => pair }));
};

async function take<T>(source: { next(): Promise<T> }, count: number): Promise<T[]> {
  const items: T[] = [];
  while (items.length < count) items.push(await source.next());
  return items;
}

describe("items that are begun ahead", () => {
  it("are the stream's, from any place on; what was begun counts for nothing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(99), { minLength: 1, maxLength: 9 }),
        fc.nat(4),
        fc.nat(12),
        async (items, count, before) => {
          const [plain, ahead] = [pairs(items), prefetch(pairs(items), count)];
          expect(await take(ahead, before)).toEqual(await take(plain, before));
          const state = JSON.parse(JSON.stringify(ahead.state()));
          expect(state).toEqual(JSON.parse(JSON.stringify(plain.state())));
          const expected = await take(plain, 8);
          const resumed = prefetch(pairs(items), count);
          resumed.restore(state);
          expect(resumed.state()).toEqual(state);
          expect(await take(resumed, 8)).toEqual(expected);
          // Also while others are under way.
          const underway = ahead.next();
          ahead.restore(state);
          await underway;
          ahead.restore(state);
          expect(await take(ahead, 8)).toEqual(expected);
        },
      ),
    );
  });

  it("are as many as was said", async () => {
    let made = 0;
    const source = prefetch(repeat(mapStream(streamOf([1, 2, 3, 4, 5, 6, 7]), (x) => [x, made++][0])), 2);
    expect(await source.next()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(made).toBe(3);
    expect(await source.next()).toBe(2);
  });
});

test("what fails is tried again", async () => {
  let broken = true;
  const source = prefetch(
    repeat(
      mapStream(streamOf([1, 2, 3]), (x) => {
        if (x === 2 && broken) throw new Error("the disk is gone");
        return x;
      }),
    ),
  );
  expect(await source.next()).toBe(1);
  await expect(source.next()).rejects.toThrow("the disk is gone");
  await expect(source.next()).rejects.toThrow("the disk is gone");
  broken = false;
  expect(await take(source, 4)).toEqual([2, 3, 1, 2]);
});
