import { HostGenerator } from "@tsuki/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Loader } from "./loader.ts";
import { TokenWindows } from "./token-windows.ts";

/** A text whose bytes say where they are. */
const text = Uint8Array.from({ length: 250 }, (_, place) => place);

const all = (windows: TokenWindows): number[][] =>
  Array.from({ length: windows.length }, (_, index) => [...windows.get(index)]);

describe("windows of a text", () => {
  it("predict each token once, as far as whole windows go", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 2, max: 40 }), fc.nat(39), (tokens, length, offset) => {
        const first = offset % (length - 1);
        const windows = new TokenWindows(
          Int32Array.from({ length: tokens }, (_, place) => place),
          { length, first },
        );
        const predicted = all(windows).flatMap((window) => window.slice(1));
        expect(all(windows).every((window) => window.length === length)).toBe(true);
        expect(predicted).toEqual(Array.from({ length: predicted.length }, (_, i) => first + 1 + i));
        const rest = tokens - 1 - first - predicted.length;
        expect(rest).toBeLessThan(length - 1);
        if (windows.length > 0) expect(rest).toBeGreaterThanOrEqual(0);
        expect(windows.length).toBeGreaterThanOrEqual(windows.leastLength);
      }),
    );
  });

  it("are cut elsewhere in another epoch, and never fewer than promised", () => {
    const windows = new TokenWindows(text, { length: 8 });
    const firsts = Array.from({ length: 40 }, (_, seed) => {
      const cut = windows.beginEpoch(new HostGenerator(seed));
      expect([34, 35]).toContain(cut.length);
      return cut.get(0)[0];
    });
    expect(new Set(firsts)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(windows.leastLength).toBe(34);
  });

  it("come in the order that earlier runs were trained in", async () => {
    const starts = (batch: readonly (readonly number[] | Uint8Array)[]): number[] => batch.map(([first]) => first);
    const loader = new Loader(new TokenWindows(text, { length: 8 }), {
      ...{ batch: 4, seed: 3 },
      collate: (windows) => starts(windows.map((window) => [...window])),
    });
    const taken: number[] = [];
    while (taken.length < 40) taken.push(...(await loader.next()));
    expect(taken).toEqual([
      ...[43, 127, 148, 204, 36, 134, 99, 113, 232, 50, 106, 239, 22, 120, 64, 197],
      ...[1, 92, 8, 176, 141, 78, 225, 190, 57, 211, 162, 15, 29, 169, 85, 183],
      // Another epoch.
      ...[35, 154, 203, 91, 217, 196, 70, 0],
    ]);
  });

  it("need two tokens, and a text that fills a batch", () => {
    expect(() => new TokenWindows(text, { length: 1 })).toThrow("length is a whole number ≥ 2, not 1");
    expect(() => new TokenWindows(text, { length: 2, first: -1 })).toThrow("first is a whole number ≥ 0, not -1");
    expect(() => new Loader(new TokenWindows(text, { length: 8 }), { batch: 35 })).toThrow(
      "an epoch has 34 examples, and a batch takes 35",
    );
  });
});
