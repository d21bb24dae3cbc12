import type { TensorData } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collate } from "./collate.ts";

describe("a batch of examples", () => {
  it("is their rows, integers as int32 and floats as float32", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }).chain((length) => {
          const row = fc.array(fc.nat(255), { minLength: length, maxLength: length });
          return fc.array(row, { minLength: 1, maxLength: 4 });
        }),
        async (rows) => {
          for (const Type of [Uint8Array, Uint16Array, Int32Array]) {
            const ids = collate<Uint8Array | Uint16Array | Int32Array>(rows.map((row) => Type.from(row)));
            expect([ids.dtype, await ids.array()]).toEqual(["int32", rows]);
          }
          for (const Type of [Float32Array, Float64Array]) {
            const values = collate<Float32Array | Float64Array>(rows.map((row) => Type.from(row)));
            expect([values.dtype, await values.array()]).toEqual(["float32", rows]);
          }
        },
      ),
    );
  });

  it("keeps shapes and dtypes of host copies", async () => {
    const pixel = (value: number): TensorData => ({ dtype: "bfloat16", shape: [1, 1], data: Uint16Array.of(value) });
    const { pixels, labels } = collate([
      { pixels: pixel(0x3f80), labels: { dtype: "int32", shape: [], data: Int32Array.of(7) } as TensorData },
      { pixels: pixel(0x4000), labels: { dtype: "int32", shape: [], data: Int32Array.of(8) } as TensorData },
    ]);
    expect([pixels.dtype, pixels.shape, await pixels.array()]).toEqual(["bfloat16", [2, 1, 1], [[[1]], [[2]]]]);
    expect([labels.shape, await labels.array()]).toEqual([[2], [7, 8]]);
  });

  it("is filled up with zeros and ignored labels", async () => {
    const batch = collate([{ ids: Uint8Array.of(1, 2), labels: Int32Array.of(2, 3) }], 3);
    expect(await batch.ids.array()).toEqual([
      [1, 2],
      [0, 0],
      [0, 0],
    ]);
    expect(await batch.labels.array()).toEqual([
      [2, 3],
      [-100, -100],
      [-100, -100],
    ]);
  });

  it("says which example does not fit", () => {
    expect(() => collate([Uint8Array.of(1)], 2)).toThrow("1 examples without labels cannot be filled up to 2");
    const digit: TensorData = { dtype: "uint8", shape: [], data: Uint8Array.of(7) };
    expect(() => collate([{ labels: digit }], 2)).toThrow("labels are uint8, and where examples are missing");
    expect(collate([{ labels: digit }], 1).labels.dtype).toBe("uint8");
    expect(() => collate([Uint8Array.of(1), Uint8Array.of(1, 2)])).toThrow(
      "example 1 is int32 [2], and example 0 int32 [1]",
    );
    expect(() => collate([{ ids: Uint8Array.of(1) }, { ids: Float32Array.of(1) }])).toThrow(
      "ids 1 is float32 [1], and ids 0 int32 [1]",
    );
    expect(() => collate([{ text: "call me" }])).toThrow('text 0 is "call me", not a typed array');
    expect(() => collate([3])).toThrow("give collate");
  });
});
