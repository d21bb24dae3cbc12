import { readFileSync } from "node:fs";
import { type DType, dtypes, fromData, type TensorData } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { decodeNpy, encodeNpy } from "./npy.ts";

interface Golden {
  readonly npy: Readonly<Record<string, { bytes: string; shape: number[]; values: (number | string)[] }>>;
}

/** Files that NumPy 1.24 wrote. */
const golden: Golden = JSON.parse(readFileSync(new URL("../../test/numpy.json", import.meta.url), "utf8"));
const bytesOf = (name: string): Uint8Array => Buffer.from(golden.npy[name].bytes, "base64");

/** Arrays of every dtype, of any bits. */
const arrays: fc.Arbitrary<TensorData> = fc
  .tuple(fc.constantFrom(...(Object.keys(dtypes) as DType[])), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([dtype, shape]) => {
    const length = shape.reduce((product, extent) => product * extent, 1) * dtypes[dtype].bytes;
    return fc.uint8Array({ minLength: length, maxLength: length, max: dtype === "bool" ? 1 : 255 }).map((bytes) => ({
      dtype,
      shape,
      data: dtypes[dtype].view(bytes.slice().buffer, 0, length / dtypes[dtype].bytes),
    }));
  });

/** The same array in NumPy's other order, as a file that says so. */
function columnMajor(array: TensorData): Uint8Array {
  const axes = array.shape.map((_, axis) => array.shape.length - 1 - axis);
  const reversed = encodeNpy({ ...array, shape: axes.map((axis) => array.shape[axis]) });
  const text = Buffer.from(reversed).toString("latin1");
  const end = 10 + reversed[8] + 256 * reversed[9];
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(", ");
  const header = text
    .slice(0, end)
    .replace("False", "True ")
    .replace(/\([^)]*\)/, `(${shape})`);
  return Buffer.from(header + text.slice(end), "latin1");
}

describe("npy files", () => {
  test.each(Object.keys(golden.npy))("that NumPy wrote: %s", async (name) => {
    const { shape, values } = golden.npy[name];
    const array = decodeNpy(bytesOf(name));
    expect(array.shape).toEqual(shape);
    const read = array.dtype === "float16" ? await fromData(array).cast("float32").data() : array.data;
    expect([...read]).toEqual(values.map(Number));
  });

  it("are written as NumPy writes them, but for what each can leave out", () => {
    for (const name of ["float32", "float16", "int8", "uint8", "bool", "int32", "no elements"]) {
      const bytes = bytesOf(name);
      expect(Buffer.from(encodeNpy(decodeNpy(bytes))).equals(bytes)).toBe(true);
    }
  });

  it("hold every dtype, bit for bit, wherever in memory they lie", () => {
    fc.assert(
      fc.property(arrays, fc.nat(9), (array, before) => {
        const bytes = encodeNpy(array);
        const moved = new Uint8Array(before + bytes.length);
        moved.set(bytes, before);
        const { dtype, shape, data } = decodeNpy(Buffer.from(moved.buffer, before));
        expect([dtype, shape]).toEqual([array.dtype, array.shape]);
        expect(Buffer.from(data.buffer).equals(Buffer.from(array.data.buffer))).toBe(true);
        expect((bytes.length - data.byteLength) % 64).toBe(0);
      }),
    );
  });

  it("in column-major order are those that transpose to them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), async (shape) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        const array: TensorData = { dtype: "int32", shape, data: Int32Array.from({ length: size }, (_, i) => i) };
        const axes = shape.map((_, axis) => shape.length - 1 - axis);
        const expected = fromData({ ...array, shape: axes.map((axis) => shape[axis]) }).permute(axes);
        const read = decodeNpy(columnMajor(array));
        expect(read.shape).toEqual(shape);
        expect([...read.data]).toEqual([...(await expected.data())]);
      }),
    );
  });

  /** No shorter, or the header would end beyond the file. */
  const replaced = (name: string, from: string, to: string): Uint8Array =>
    Buffer.from(Buffer.from(bytesOf(name)).toString("latin1").replace(from, to.padEnd(from.length)), "latin1");

  const refused: [string, Uint8Array, string][] = [
    ["no npy file", Uint8Array.of(0x93, 78, 85, 77, 80, 90), "x.npy, byte 5: an npy file begins with"],
    ["an empty file", new Uint8Array(), "x.npy, byte 0: an npy file begins with"],
    ["a version to come", Buffer.from("\x93NUMPY\x04\x00", "latin1"), "byte 6: npy versions are 1, 2 and 3, not 4"],
    ["a lost header", bytesOf("int8").subarray(0, 9), "byte 9: the file ends before its header"],
    [
      "half a header",
      bytesOf("int8").subarray(0, 90),
      "byte 8: a header that ends at byte 128 does not fit into 90 bytes",
    ],
    [
      "lost elements",
      bytesOf("uint16").subarray(0, 129),
      "byte 129: the file ends 1 bytes before its array, <u2 [1], does",
    ],
    ["more elements", Buffer.concat([bytesOf("int8"), Buffer.of(1)]), "byte 130: 1 bytes follow the array, |i1 [2]"],
    ["complex numbers", replaced("float64 big-endian", ">f8", ">c8"), 'byte 10: elements are of the type ">c8"'],
    [
      "records",
      replaced("int8", "'|i1'", "[('a', '|i1')]"),
      "byte 20: descr is not of the kind that a plain array has",
    ],
    ["a negative extent", replaced("int8", "(2,)", "(-2,)"), "byte 60: shape is not of the kind"],
    ["a huge extent", replaced("int8", "(2,)", `(${"9".repeat(20)},)`), "is too large"],
    ["an unknown key", replaced("int8", "'descr'", "'order'"), "a header has descr, fortran_order and shape"],
    ["a key twice", replaced("int8", "'fortran_order': False", "'descr': '|i1', "), "a header has descr"],
    ["a lost key", replaced("int8", "'fortran_order': False, ", ""), "the header has no fortran_order"],
    ["no dict", replaced("int8", "{", "["), "byte 10: a header is a Python dict"],
    ["a dict that goes on", replaced("int8", "}", "x"), "does not go on as one"],
    ["no truth value", Buffer.from(bytesOf("bool")).fill(2, 129), "byte 129: 2 is not a bool, 0 or 1"],
    [
      "a wide integer",
      Buffer.from(bytesOf("uint32")).fill(255, 128),
      "byte 128: 4294967295 is out of the range of int32",
    ],
    ["a wider one", Buffer.from(bytesOf("int64")).fill(127, 136), "byte 136: 9187201950435737471 is out of the range"],
  ];
  test.each(refused)("are refused: %s", (_, bytes, message) => {
    expect(() => decodeNpy(bytes, { file: "x.npy" })).toThrow(message);
  });
});
