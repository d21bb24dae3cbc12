import { readFileSync } from "node:fs";
import { FormatError, type TensorData } from "@tsuki/core";
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, it, test } from "vitest";
import { decodeNpz, encodeNpz } from "./npz.ts";

/** Files that NumPy 1.24 wrote. */
const golden: { readonly npz: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(new URL("../../test/numpy.json", import.meta.url), "utf8"),
);

const weights: TensorData = { dtype: "float32", shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) };
const labels: TensorData = { dtype: "int32", shape: [3], data: Int32Array.of(3, 1, 2) };

describe("npz files", () => {
  test.each(Object.keys(golden.npz))("that NumPy wrote: %s", (name) => {
    expect(decodeNpz(Buffer.from(golden.npz[name], "base64"))).toEqual({ weights, labels });
  });

  it("hold arrays by any name, and have the same bytes whenever they are written", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "grapheme" })), fc.boolean(), (names, compress) => {
        const arrays = Object.fromEntries(names.map((name, i) => [name, i % 2 ? weights : labels]));
        const bytes = encodeNpz(arrays, { compress });
        expect(decodeNpz(bytes)).toEqual(arrays);
        expect(encodeNpz(arrays, { compress })).toEqual(bytes);
      }),
    );
  });

  it("are smaller where they are compressed", () => {
    const zeros: TensorData = { dtype: "float32", shape: [999], data: new Float32Array(999) };
    expect(encodeNpz({ zeros }, { compress: true }).length).toBeLessThan(encodeNpz({ zeros }).length / 4);
  });

  it("with a damaged array are refused, or the damage is none", () => {
    const places = fc.tuple(
      fc.boolean(),
      fc.double({ min: 0, max: 1, maxExcluded: true }),
      fc.integer({ min: 1, max: 255 }),
    );
    fc.assert(
      fc.property(places, ([compress, place, change]) => {
        const arrays = { weights, labels };
        const bytes = encodeNpz(arrays, { compress });
        const directory = Buffer.from(bytes).indexOf("PK\x01\x02", "latin1");
        bytes[Math.floor(place * directory)] ^= change;
        let read: unknown = arrays;
        try {
          read = decodeNpz(bytes, { file: "a.npz" });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
        expect(read).toEqual(arrays);
      }),
      { numRuns: 200 },
    );
  });

  it("of many members and of names in other letters are read", () => {
    const names = Array.from({ length: 300 }, (_, i) => `schicht ${i} größe 月`);
    const arrays = Object.fromEntries(names.map((name) => [name, labels]));
    expect(decodeNpz(encodeNpz(arrays))).toEqual(arrays);
  });

  it("are refused with the name of file and array", () => {
    const bytes = encodeNpz({ weights });
    const damaged = Uint8Array.from(bytes).fill(7, 170, 171);
    expect(() => decodeNpz(damaged, { file: "a.npz" })).toThrow('a.npz: the checksum of "weights.npy" is wrong');
    expect(() => decodeNpz(bytes.subarray(0, 99), { file: "a.npz" })).toThrow("a.npz: invalid zip data");
    expect(() => decodeNpz(zipSync({ "a.txt": Uint8Array.of(1) }), { file: "a.npz" })).toThrow(
      'a.npz: "a.txt" is not an npy file',
    );
    expect(() => decodeNpz(zipSync({ "b.npy": Uint8Array.of(1) }), { file: "a.npz" })).toThrow(
      "a.npz, b.npy, byte 0: an npy file",
    );
  });
});
