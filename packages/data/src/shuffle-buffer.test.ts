import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectExactResume, take } from "../test/streams.ts";
import { shuffleStream } from "./shuffle-buffer.ts";
import { mapStream, repeat, streamOf } from "./stream.ts";

const countTo = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe("a shuffle buffer", () => {
  it("gives every item once, none earlier than the buffer allows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 50 }), fc.maxSafeNat(), async (length, buffer, seed) => {
        const items = await take(shuffleStream(streamOf(countTo(length)), { buffer, seed }));
        expect([...items].sort((a, b) => a - b)).toEqual(countTo(length));
        for (const [place, item] of items.entries()) expect(item).toBeLessThan(place + buffer);
        if (buffer === 1) expect(items).toEqual(countTo(length));
      }),
    );
  });

  it("goes on from any place, also in another pass, also of items that were made", async () => {
    await fc.assert(
      fc.asyncProperty(
        ...([fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 12 }), fc.maxSafeNat(), fc.nat(70)] as const),
        async (length, buffer, seed, before) => {
          const make = (again: boolean) => {
            const numbers = mapStream(streamOf(countTo(length)), (x) => (x % 3 === 1 ? undefined : 10 * x));
            return repeat(shuffleStream(numbers, { buffer, seed: again ? 0 : seed }));
          };
          await expectExactResume(make, before, 30);
        },
      ),
    );
  });

  it("has another order in every pass", async () => {
    const stream = shuffleStream(streamOf(countTo(20)), { buffer: 20, seed: 1 });
    const first = await take(stream);
    stream.rewind();
    expect(await take(stream)).not.toEqual(first);
    expect(first).not.toEqual(countTo(20));
  });

  it("reads again what could not be read", async () => {
    let lost = false;
    const get = (x: number): number => {
      if (lost) throw new Error(`${x} is lost`);
      return x;
    };
    const make = () => shuffleStream(mapStream(streamOf(countTo(8)), get), { buffer: 4, seed: 2 });
    const [stream, resumed] = [make(), make()];
    await stream.next();
    resumed.restore(stream.state());
    lost = true;
    await expect(resumed.next()).rejects.toThrow("is lost");
    lost = false;
    expect(await take(resumed)).toEqual(await take(stream));
  });

  it("holds at least one item", () => {
    expect(() => shuffleStream(streamOf([1]), { buffer: 0 })).toThrow("buffer is a whole number ≥ 1, not 0");
  });
});
