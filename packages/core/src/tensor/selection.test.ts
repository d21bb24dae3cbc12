import fc from "fast-check";
import { expect, it } from "vitest";
import { grad, parameter, ShapeError, tensor } from "../index.ts";
import { booleanSelect, nonzero, unique } from "./selection.ts";

const values = fc.array(fc.constantFrom(0, -0, 1, 2, -3.5, Number.NaN, Number.POSITIVE_INFINITY), { maxLength: 12 });

it("booleanSelect and nonzero find the same entries", () =>
  fc.assert(
    fc.asyncProperty(values, async (entries) => {
      const x = tensor(entries);
      const hits = [...entries.keys()].filter((i) => entries[i] !== 0);
      expect(await (await booleanSelect(x, x.ne(0))).data()).toEqual(Float32Array.from(hits, (i) => entries[i]));
      const places = await nonzero(x);
      expect([places.shape, places.dtype]).toEqual([[hits.length, 1], "int32"]);
      expect([...(await places.data())]).toEqual(hits);
    }),
  ));

it("unique gives every entry once, rising", () =>
  fc.assert(
    fc.asyncProperty(values, async (entries) => {
      const different = [...new Set(entries.map((x) => x + 0))];
      const rising = different.sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b));
      expect(await (await unique(tensor(entries))).add(0).data()).toEqual(Float32Array.from(rising));
    }),
  ));

it("of more axes: coordinates, rows under a mask of the first axes, a gradient", async () => {
  const x = parameter(
    tensor([
      [1, 0],
      [0, 0],
      [2, 3],
    ]),
  );
  expect(await (await nonzero(x)).array()).toEqual([
    [0, 0],
    [2, 0],
    [2, 1],
  ]);
  const rows = await booleanSelect(x, tensor([true, false, true]));
  expect(rows.shape).toEqual([2, 2]);
  expect(await grad(rows.mul(tensor([1, 2])).sum(), [x])[0].array()).toEqual([
    [1, 2],
    [0, 0],
    [1, 2],
  ]);
  expect(await (await unique(tensor(Int32Array.of(3, -1, 3)))).array()).toEqual([-1, 3]);
  expect((await nonzero(tensor(3))).shape).toEqual([1, 0]);
});

it("a mask of another shape or dtype is an error", async () => {
  const x = tensor([1, 2]);
  await expect(booleanSelect(x, tensor([true]))).rejects.toThrow(ShapeError);
  await expect(booleanSelect(x, x)).rejects.toThrow(/the mask is bool of the first axes of \[2\], not float32 \[2\]/);
});
