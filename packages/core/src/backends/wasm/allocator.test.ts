import fc from "fast-check";
import { expect, test } from "vitest";
import { Allocator } from "./allocator.ts";

const START = 1024;
const END = 1 << 20;

test("blocks are aligned, keep their distance, and all memory comes back", () => {
  const step = fc.record({ bytes: fc.nat(20_000), frees: fc.boolean(), pick: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const allocator = new Allocator(START, END);
      const live: { address: number; bytes: number }[] = [];
      for (const { bytes, frees, pick } of steps) {
        if (frees && live.length > 0) allocator.free(live.splice(pick % live.length, 1)[0].address);
        const address = allocator.allocate(bytes);
        if (address === 0) continue;
        expect(address % 64).toBe(0);
        expect(address).toBeGreaterThanOrEqual(START);
        expect(address + bytes + 16).toBeLessThanOrEqual(END);
        for (const other of live) {
          const apart = address >= other.address + other.bytes + 16 || other.address >= address + bytes + 16;
          expect(apart).toBe(true);
        }
        live.push({ address, bytes });
      }
      for (const { address } of live) allocator.free(address);
      expect(allocator.allocate(END - START - 64)).toBe(START);
    }),
  );
});

test("what is missing is enough", () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 3_000_000 }), (before, bytes) => {
      const allocator = new Allocator(START, END);
      allocator.allocate(before);
      allocator.extend(END + allocator.missing(bytes));
      expect(allocator.allocate(bytes)).not.toBe(0);
    }),
  );
});

test("a block is freed once", () => {
  const allocator = new Allocator(START, END);
  const address = allocator.allocate(100);
  allocator.free(address);
  expect(() => allocator.free(address)).toThrow("invariant");
});
