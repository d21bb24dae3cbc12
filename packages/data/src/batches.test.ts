import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectExactResume, take } from "../test/streams.ts";
import { batches } from "./batches.ts";
import { repeat, streamOf } from "./stream.ts";

const countTo = (length: number): number[] => Array.from({ length }, (_, index) => index);
const numbers = (items: readonly number[], size: number): { items: number[]; size: number } => ({
  items: [...items],
  size,
});

describe("batches of a stream", () => {
  it("have one size, and at the end what was asked for", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.integer({ min: 1, max: 7 }), async (length, batch) => {
        const whole = Math.floor(length / batch) * batch;
        for (const last of ["drop", "pad"] as const) {
          const all = await take(batches(streamOf(countTo(length)), { batch, last, collate: numbers }));
          expect(all.flatMap(({ items }) => items)).toEqual(countTo(last === "pad" ? length : whole));
          expect(all.slice(0, whole / batch).every(({ items }) => items.length === batch)).toBe(true);
          expect(all.every(({ size }) => size === batch)).toBe(true);
        }
      }),
    );
  });

  it("go on from any place", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: 30 }),
        fc.nat(30),
        fc.constantFrom("drop", "pad"),
        (length, before, last) =>
          expectExactResume(
            () => repeat(batches(streamOf(countTo(length)), { batch: 4, last, collate: numbers })),
            before,
            20,
          ),
      ),
    );
  });

  it("are stacked where nothing else is asked for", async () => {
    const stream = batches(streamOf([{ ids: Uint8Array.of(1, 2), labels: Int32Array.of(1, 2) }]), {
      batch: 2,
      last: "pad",
    });
    const batch = await stream.next();
    expect(await batch?.labels.array()).toEqual([
      [1, 2],
      [-100, -100],
    ]);
    expect(await stream.next()).toBeUndefined();
    expect(() => batches(streamOf([]), { batch: 0 })).toThrow("batch is a whole number ≥ 1, not 0");
  });
});
