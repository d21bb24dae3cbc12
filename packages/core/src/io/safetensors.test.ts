import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { type DType, dtypes } from "../dtype.ts";
import { ArgumentError, DTypeError, FormatError, ShapeError } from "../errors.ts";
import { type TensorData, widen } from "./data.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** Tensors of every dtype with any bits, NaNs included; sizes of zero and rank 0 too. */
const tensorData: fc.Arbitrary<TensorData> = fc
  .tuple(fc.constantFrom(...(Object.keys(dtypes) as DType[])), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([dtype, shape]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const length = size * dtypes[dtype].bytes;
    const byte = dtype === "bool" ? fc.nat(1) : fc.nat(255);
    return fc
      .array(byte, { minLength: length, maxLength: length })
      .map((bytes) => ({ dtype, shape, data: dtypes[dtype].view(Uint8Array.from(bytes).buffer, 0, size) }));
  });

const name = fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__" && key !== "__metadata__");
const plainDictionary = { noNullPrototype: true };
const record = fc.dictionary(name, tensorData, { maxKeys: 6, ...plainDictionary });
const metadata = fc.dictionary(name, fc.string({ unit: "grapheme" }), { maxKeys: 3, ...plainDictionary });

const bytesOf = ({ data }: TensorData): number[] => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];

/** A file with the given header, as it stands or as JSON, and data. */
function file(header: unknown, data: ArrayLike<number> = []): Uint8Array {
  const text = header instanceof Uint8Array ? header : new TextEncoder().encode(asText(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const asText = (header: unknown): string => (typeof header === "string" ? header : JSON.stringify(header));

describe("encode and decode", () => {
  test("give back every record bit for bit, wherever the file begins in its buffer", () => {
    fc.assert(
      fc.property(record, metadata, fc.nat(9), (tensors, notes, shift) => {
        const encoded = encodeSafetensors(tensors, notes);
        const shifted = Buffer.alloc(encoded.length + shift).subarray(shift);
        shifted.set(encoded);
        const decoded = decodeSafetensors(shifted);
        expect(decoded.metadata).toEqual(notes);
        expect(Object.keys(decoded.tensors).sort()).toEqual(Object.keys(tensors).sort());
        for (const [key, tensor] of Object.entries(tensors)) {
          const { dtype, shape } = decoded.tensors[key];
          expect({ dtype, shape }).toEqual({ dtype: tensor.dtype, shape: tensor.shape });
          expect(bytesOf(decoded.tensors[key])).toEqual(bytesOf(tensor));
        }
      }),
    );
  });

  test("the same record gives the same bytes, whatever the order of its keys", () => {
    fc.assert(
      fc.property(record, (tensors) => {
        const reversed = Object.fromEntries(Object.entries(tensors).reverse());
        expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(tensors));
      }),
    );
  });

  test("the results are copies", () => {
    const encoded = Buffer.from(encodeSafetensors({ a: { dtype: "int8", shape: [1], data: Int8Array.of(5) } }));
    const { tensors } = decodeSafetensors(encoded);
    encoded.fill(0);
    expect([...tensors.a.data]).toEqual([5]);
  });

  test("an encoded file is what the format describes", () => {
    const encoded = encodeSafetensors({
      flags: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
      x: { dtype: "float32", shape: [1, 1], data: Float32Array.of(1) },
    });
    const header =
      '{"x":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"flags":{"dtype":"BOOL","shape":[2],"data_offsets":[4,6]}}';
    expect(encoded).toEqual(file(header.padEnd(Math.ceil(header.length / 8) * 8), [0, 0, 0x80, 0x3f, 1, 0]));
  });

  test("refuse data that do not fit their dtype, shape or name", () => {
    const data = Float32Array.of(1, 2);
    expect(() => encodeSafetensors({ w: { dtype: "float32", shape: [3], data } })).toThrow(
      new ShapeError('tensor "w" of shape [3] has 3 elements, and its data have 2'),
    );
    expect(() => encodeSafetensors({ w: { dtype: "int32", shape: [2], data } })).toThrow(
      new DTypeError('tensor "w" of dtype int32 cannot be held in a Float32Array'),
    );
    expect(() => encodeSafetensors({ __metadata__: { dtype: "float32", shape: [2], data } })).toThrow(ArgumentError);
  });
});

describe("element types", () => {
  const decodeOne = (dtype: string, shape: number[], data: number[]): TensorData =>
    decodeSafetensors(file({ x: { dtype, shape, data_offsets: [0, data.length] } }, data)).tensors.x;

  test("I64 becomes int32", () => {
    const values = [0n, -1n, 2n ** 31n - 1n, -(2n ** 31n)];
    const bytes = new Uint8Array(BigInt64Array.from(values).buffer);
    expect(decodeOne("I64", [4], [...bytes])).toEqual({
      dtype: "int32",
      shape: [4],
      data: Int32Array.from(values, Number),
    });
  });

  test.each([2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)])(
    "%s is out of the range of int32",
    (value) => {
      const bytes = new Uint8Array(BigInt64Array.of(7n, value).buffer);
      expect(() => decodeOne("I64", [2], [...bytes])).toThrow(
        new FormatError(`safetensors, byte 71: ${value} is out of the range of int32, in tensor "x"`),
      );
    },
  );

  test("U8 and I8 keep their bits", () => {
    expect(decodeOne("U8", [2], [0, 255])).toEqual({ dtype: "uint8", shape: [2], data: Uint8Array.of(0, 255) });
    expect(decodeOne("I8", [2], [0, 255])).toEqual({ dtype: "int8", shape: [2], data: Int8Array.of(0, -1) });
  });

  test("a bool other than 0 and 1 is an error", () => {
    expect(() => decodeOne("BOOL", [3], [0, 1, 2])).toThrow(
      new FormatError('safetensors, byte 65: 2 is not a bool, 0 or 1, in tensor "x"'),
    );
  });
});

describe("hostile files", () => {
  const entry = (begin: number, end: number, more: object = {}): object => ({
    dtype: "U8",
    shape: [end - begin],
    data_offsets: [begin, end],
    ...more,
  });
  const prefix = (length: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(length, 0n).buffer);

  const cases: [string, Uint8Array, string][] = [
    ["an empty file", new Uint8Array(0), "byte 0: 0 bytes are too few for a safetensors file, which begins with 8"],
    ["half a prefix", new Uint8Array(7), "byte 0: 7 bytes are too few"],
    ["a header longer than the file", prefix(9n), "byte 0: a header of 9 bytes does not fit into a file of 16"],
    [
      "a header length beyond 2^53",
      prefix(2n ** 64n - 1n),
      "byte 0: a header of 18446744073709551615 bytes does not fit",
    ],
    ["an empty header", file(""), "byte 8: a safetensors header begins with {"],
    ["a byte order mark", file("\ufeff{}"), "byte 8: a safetensors header begins with {"],
    ["a header that is not UTF-8", file(Uint8Array.of(0x7b, 0xff, 0x7d)), "byte 8: the header is not UTF-8"],
    ["a header that is not JSON", file("{]"), 'byte 9: JSON expects "'],
    ["a header that is a list", file("[]"), "byte 8: a safetensors header begins with {"],
    ["text after the header", file("{} {}"), "byte 11: there is more text after the JSON value"],
    [
      "a tensor twice",
      file(`{"é": ${asText(entry(0, 0))}, "é": ${asText(entry(0, 0))}}`),
      'byte 64: the key "é" is there twice',
    ],
    ["a field twice", file('{"x": {"dtype": "U8", "dtype": "F32"}}'), 'byte 30: the key "dtype" is there twice'],
    ["__proto__ as a tensor", file('{"__proto__": {"polluted": 1}}'), "byte 22: __proto__ cannot name a tensor"],
    ["__proto__ as a field", file('{"x": {"__proto__": {}}}'), 'byte 28: tensor "x" has an unknown field "__proto__"'],
    [
      "__proto__ as metadata",
      file('{"__metadata__": {"__proto__": "x"}}'),
      "byte 39: __proto__ cannot be a key of __metadata__",
    ],
    ["metadata that are no object", file({ __metadata__: [] }), "byte 24: __metadata__ is not a JSON object"],
    [
      "metadata that are no strings",
      file({ __metadata__: { a: 1 } }),
      'byte 29: the value of "a" in __metadata__ is not a string',
    ],
    ["a tensor that is no object", file({ x: 1 }), 'byte 13: tensor "x" is not a JSON object'],
    ["a tensor without dtype", file({ x: {} }), 'byte 13: tensor "x" has no dtype'],
    [
      "an unknown dtype",
      file({ x: entry(0, 0, { dtype: "F7" }) }),
      'byte 22: the dtype of tensor "x" is none of F64, F32',
    ],
    [
      "a dtype that is no name",
      file({ x: entry(0, 0, { dtype: 4 }) }),
      'byte 22: the dtype of tensor "x" is none of F64, F32',
    ],
    [
      "a shape that is no list",
      file({ x: entry(0, 0, { shape: 0 }) }),
      'byte 35: the shape of tensor "x" is not a list',
    ],
    [
      "a negative size",
      file({ x: entry(0, 0, { shape: [2, -1] }) }),
      'byte 38: the shape of tensor "x" has an entry that is not a whole number',
    ],
    ["a size with a fraction", file({ x: entry(0, 0, { shape: [0.5] }) }), "byte 36: the shape"],
    ["a size of −0", file('{"x":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'), "byte 36: the shape"],
    [
      "a shape whose product overflows",
      file({ x: entry(0, 0, { shape: [2 ** 32, 2 ** 32] }) }),
      'byte 35: the shape [4294967296,4294967296] of tensor "x" is too large',
    ],
    [
      "a shape whose product wraps to 0",
      file({ x: entry(0, 0, { shape: [2 ** 52, 2 ** 52, 0] }) }),
      'byte 35: the shape [4503599627370496,4503599627370496,0] of tensor "x" is too large',
    ],
    [
      "a shape that the file cannot hold",
      file({ x: entry(0, 2 ** 50) }),
      `byte 91: the file ends before tensor "x" does, at byte ${2 ** 50 + 91}`,
    ],
    [
      "offsets beyond 2^53",
      file('{"x":{"dtype":"U8","shape":[1],"data_offsets":[9007199254740992,9007199254740993]}}'),
      'byte 55: data_offsets of tensor "x" has an entry that is not a whole number from 0 to 2^53 − 1',
    ],
    [
      "three offsets",
      file({ x: entry(0, 0, { data_offsets: [0, 0, 0] }) }),
      'byte 54: data_offsets of tensor "x" are not two numbers',
    ],
    [
      "offsets in reverse",
      file({ x: entry(0, 0, { data_offsets: [1, 0] }) }, [0]),
      'byte 54: tensor "x", U8 [0], takes 0 bytes, and data_offsets are [1,0]',
    ],
    [
      "offsets that do not fit the shape",
      file({ x: entry(0, 2, { shape: [3] }) }, [0, 0]),
      'byte 54: tensor "x", U8 [3], takes 3 bytes, and data_offsets are [0,2]',
    ],
    [
      "ranges that overlap",
      file({ x: entry(0, 2), y: entry(1, 3) }, [0, 0, 0]),
      'byte 114: tensor "y" overlaps another',
    ],
    ["the same range twice", file({ x: entry(0, 2), y: entry(0, 2) }, [0, 0]), 'byte 113: tensor "y" overlaps another'],
    [
      "a gap between ranges",
      file({ x: entry(0, 1), y: entry(3, 4) }, [0, 0, 0, 0]),
      'byte 114: there is a gap of 2 bytes before tensor "y"',
    ],
    [
      "a gap before the first range",
      file({ x: entry(1, 2) }, [0, 0]),
      'byte 61: there is a gap of 1 bytes before tensor "x"',
    ],
    ["trailing bytes", file({ x: entry(0, 1) }, [0, 0]), "byte 62: 1 bytes follow the last tensor"],
    ["trailing bytes and no tensor", file({}, [0]), "byte 10: 1 bytes follow the last tensor"],
  ];

  test.each(cases)("%s", (_, bytes, message) => {
    let thrown: unknown;
    try {
      decodeSafetensors(bytes, { file: "model.safetensors" });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(FormatError);
    expect((thrown as Error).message).toContain(`model.safetensors, ${message}`);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("names that objects inherit are names like others", () => {
    const names = ["constructor", "toString", "hasOwnProperty", "valueOf"];
    const header = Object.fromEntries(names.map((key, i) => [key, entry(i, i + 1)]));
    const { tensors } = decodeSafetensors(file(header, [1, 2, 3, 4]));
    expect(names.map((key) => [...tensors[key].data])).toEqual([[1], [2], [3], [4]]);
  });

  test("10,000 changed files give the tensors of some file or a FormatError, and claims allocate nothing", () => {
    const change = fc.record({
      at: fc.nat(),
      value: fc.nat(255),
      kind: fc.constantFrom("set", "insert", "remove", "cut"),
    });
    const files = fc.tuple(record, metadata, fc.array(change, { minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(files, ([tensors, notes, changes]) => {
        const changed = [...encodeSafetensors(tensors, notes)];
        for (const { at, value, kind } of changes) {
          const place = at % (changed.length + 1);
          if (kind === "set") changed[place] = value;
          if (kind === "insert") changed.splice(place, 0, value);
          if (kind === "remove") changed.splice(place, 1);
          if (kind === "cut") changed.length = Math.min(changed.length, place);
        }
        const bytes = Uint8Array.from(changed);
        const { thrown, decoded, allocated } = countBytes(() => decodeSafetensors(bytes));
        expect(allocated).toBeLessThanOrEqual(2 * bytes.length);
        if (thrown !== undefined) expect(thrown).toBeInstanceOf(FormatError);
        for (const { dtype, shape, data } of Object.values(decoded?.tensors ?? {})) {
          expect(data.length).toBe(shape.reduce((product, n) => product * n, 1));
          expect(allocated).toBeGreaterThanOrEqual(data.byteLength);
          expect(data.constructor).toBe(dtypes[dtype].create(0).constructor);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

/** Runs a decoder, and counts the bytes of the typed arrays that it makes. */
function countBytes<T>(decode: () => T): { decoded?: T; thrown?: unknown; allocated: number } {
  const kinds = { Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array };
  let allocated = 0;
  const construct = (Kind: never, args: unknown[]): object => {
    const made: Uint8Array = Reflect.construct(Kind, args);
    if (!(args[0] instanceof ArrayBuffer)) allocated += made.byteLength;
    return made;
  };
  for (const [name, Kind] of Object.entries(kinds)) vi.stubGlobal(name, new Proxy(Kind, { construct } as object));
  try {
    return { decoded: decode(), allocated };
  } catch (thrown) {
    return { thrown, allocated };
  } finally {
    vi.unstubAllGlobals();
  }
}

describe("fixtures", () => {
  const fixture = (path: string): ReturnType<typeof decodeSafetensors> =>
    decodeSafetensors(readFileSync(new URL(`../../../../fixtures/${path}`, import.meta.url)), { file: path });

  test("the tiny model in float32", () => {
    const { tensors, metadata } = fixture("moonlight-tiny/model.safetensors");
    expect(Object.keys(tensors)).toHaveLength(85);
    expect(metadata).toEqual({});
    expect(new Set(Object.values(tensors).map((t) => t.dtype))).toEqual(new Set(["float32"]));
    expect(Object.values(tensors).every((t) => t.data.every(Number.isFinite))).toBe(true);
  });

  test("its bfloat16 copy is the same weights, rounded", () => {
    const exact = fixture("moonlight-tiny/model.safetensors").tensors;
    const { tensors, metadata } = fixture("moonlight-tiny/model-bf16.safetensors");
    expect(metadata).toEqual({ format: "pt" });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(exact).sort());
    for (const [key, tensor] of Object.entries(tensors)) {
      expect(tensor.shape).toEqual(exact[key].shape);
      const { data } = widen(tensor);
      const far = Array.from(data).filter((value, i) => Math.abs(value / exact[key].data[i] - 1) > 2 ** -8);
      expect(far).toEqual([]);
    }
  });

  test.each([
    ["moonlight-tiny/golden.safetensors", 225],
    ["moonlight-tiny/train.safetensors", 9],
    ["muon/golden.safetensors", 224],
  ])("%s", (path, count) => {
    expect(Object.keys(fixture(path).tensors)).toHaveLength(count);
  });

  test("a Newton–Schulz input of known numbers", () => {
    const { dtype, shape, data } = fixture("muon/golden.safetensors").tensors["ns.counting_2x3.input"];
    expect({ dtype, shape, data: [...data] }).toEqual({ dtype: "float32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
  });
});
