import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Windows, windowStarts } from "./windows.ts";

/** A text whose bytes say where they are. */
const text = Uint8Array.from({ length: 250 }, (_, place) => place);

/** Where the windows of the next batches begin. */
async function starts(windows: Windows, batches: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < batches; i++) {
    const batch = windows.next();
    const ids = await batch.data();
    for (let row = 0; row < batch.shape[0]; row++) all.push(ids[row * batch.shape[1]]);
  }
  return all;
}

describe("window starts", () => {
  it("predict each token once, as far as whole windows go", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 2, max: 40 }), fc.nat(39), (tokens, length, offset) => {
        const first = offset % (length - 1 || 1);
        const all = windowStarts(tokens, length, first);
        const predicted = all.flatMap((start) => Array.from({ length: length - 1 }, (_, i) => start + 1 + i));
        expect(predicted).toEqual(Array.from({ length: predicted.length }, (_, i) => first + 1 + i));
        const rest = tokens - 1 - first - predicted.length;
        expect(rest).toBeLessThan(length - 1);
        if (all.length > 0) expect(rest).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("windows", () => {
  it("are runs of the text", async () => {
    const ids = await new Windows(text, { batch: 3, length: 8, seed: 1 }).next().data();
    for (let place = 0; place < ids.length; place++) if (place % 8 > 0) expect(ids[place]).toBe(ids[place - 1] + 1);
  });

  it("come once an epoch, in another order and cut differently in the next", async () => {
    // 35 windows, or 34: eight batches of four an epoch.
    const windows = new Windows(text, { batch: 4, length: 8, seed: 3 });
    const [first, second] = [await starts(windows, 8), await starts(windows, 8)];
    for (const epoch of [first, second]) {
      expect(new Set(epoch).size).toBe(32);
      expect(new Set(epoch.map((start) => start % 7)).size).toBe(1);
      expect(epoch).not.toEqual([...epoch].sort((a, b) => a - b));
    }
    expect(first).not.toEqual(second);
  });

  it("go on from any place, across epochs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2 ** 32), fc.nat(20), async (seed, before) => {
        const options = { batch: 4, length: 8, seed };
        const windows = new Windows(text, options);
        await starts(windows, before);
        const state = JSON.parse(JSON.stringify(windows.state()));
        const resumed = new Windows(text, { ...options, seed: seed + 1 });
        resumed.restore(state);
        expect(await starts(resumed, 12)).toEqual(await starts(windows, 12));
      }),
      { numRuns: 10 },
    );
  });

  it("need a text that fills a batch", () => {
    expect(() => new Windows(text, { batch: 35, length: 8, seed: 1 })).toThrow(
      "250 tokens have 34 windows of 8, and a batch takes 35",
    );
  });
});
