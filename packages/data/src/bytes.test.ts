import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteVocabularySize, decodeBytes, encodeBytes, printable } from "./bytes.ts";

describe("bytes as tokens", () => {
  it("are a text and back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const bytes = encodeBytes(text);
        expect(decodeBytes(bytes)).toBe(text);
        expect(decodeBytes(Int32Array.from(bytes))).toBe(text);
        expect([...bytes].every((byte) => byte < byteVocabularySize)).toBe(true);
      }),
    );
  });

  it("may be cut anywhere", () => {
    expect(decodeBytes(encodeBytes("a—").subarray(0, 3))).toBe("a\ufffd");
    expect(decodeBytes(encodeBytes("\ufeffwhale"))).toBe("\ufeffwhale");
  });
});

describe("printable text", () => {
  it("is text as it was", () => {
    expect(printable("white—whale\n✓")).toBe("white—whale\n✓");
  });

  it("has nothing that steers a terminal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const codes = [...printable(decodeBytes(bytes))].map((character) => character.codePointAt(0) ?? 0);
        expect(codes.filter((code) => code !== 10 && isControl(code))).toEqual([]);
      }),
    );
  });
});

/** C0, delete and C1. */
function isControl(code: number): boolean {
  return code < 32 || (code >= 127 && code < 160);
}
