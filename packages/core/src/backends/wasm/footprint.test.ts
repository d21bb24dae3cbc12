import fc from "fast-check";
import { expect, test } from "vitest";
import type { Footprint, Range } from "./footprint.ts";
import { Hazards } from "./footprint.ts";

const range: fc.Arbitrary<Range> = fc
  .record({ space: fc.constantFrom("arena", "slot 0"), start: fc.nat(20), length: fc.nat(6) })
  .map(({ space, start, length }) => ({ space, start, end: start + length }));
const footprint: fc.Arbitrary<Footprint> = fc.record({
  reads: fc.array(range, { maxLength: 3 }),
  writes: fc.array(range, { maxLength: 2 }),
});

test("between a write and another access to the same bytes stands a barrier, and none where nothing depends", () => {
  fc.assert(
    fc.property(fc.array(footprint, { maxLength: 8 }), (steps) => {
      const hazards = new Hazards();
      const barriers = steps.map((step) => hazards.add(step));
      for (let after = 0; after < steps.length; after++) {
        const last = barriers.lastIndexOf(true, after);
        const unordered = steps.slice(Math.max(0, last), after);
        expect(unordered.some((step) => conflict(step, steps[after]))).toBe(false);
        // Every barrier is owed to a step since the one before.
        if (!barriers[after]) continue;
        const previous = Math.max(0, barriers.lastIndexOf(true, after - 1));
        expect(steps.slice(previous, after).some((step) => conflict(step, steps[after]))).toBe(true);
      }
    }),
  );
});

/** Whether the steps share a byte that one of them writes, byte by byte. */
function conflict(a: Footprint, b: Footprint): boolean {
  const bytes = (ranges: readonly Range[]): Set<string> =>
    new Set(ranges.flatMap((r) => Array.from({ length: r.end - r.start }, (_, i) => `${r.space} ${r.start + i}`)));
  const [aReads, aWrites, bReads, bWrites] = [a.reads, a.writes, b.reads, b.writes].map(bytes);
  const meet = (one: Set<string>, other: Set<string>): boolean => [...one].some((byte) => other.has(byte));
  return meet(aWrites, bWrites) || meet(aWrites, bReads) || meet(aReads, bWrites);
}
