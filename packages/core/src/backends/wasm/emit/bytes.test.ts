import fc from "fast-check";
import { expect, test } from "vitest";
import { name, signed, unsigned } from "./bytes.ts";

/** Decodes LEB128 as the specification reads it. */
function decode(bytes: readonly number[], isSigned: boolean): bigint {
  let value = 0n;
  bytes.forEach((byte, i) => {
    expect(byte >= 0x80).toBe(i < bytes.length - 1);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  });
  return isSigned ? BigInt.asIntN(7 * bytes.length, value) : value;
}

test("unsigned LEB128 decodes to the number, in the fewest bytes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (n) => {
      const bytes = unsigned(n);
      expect(decode(bytes, false)).toBe(BigInt(n));
      expect(bytes.length).toBe(Math.max(1, Math.ceil(n.toString(2).length / 7)));
    }),
  );
});

test("signed LEB128 decodes to the number", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      expect(decode(signed(n), true)).toBe(BigInt(n));
    }),
  );
  expect(signed(-1)).toEqual([0x7f]);
  expect(signed(64)).toEqual([0xc0, 0x00]);
});

test("names are UTF-8 with their length", () => {
  expect(name("月")).toEqual([3, 0xe6, 0x9c, 0x88]);
});
