/** What has as many entries as its data say: functions that read values, and so wait for them. */
import { ShapeError } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { widen } from "../io/data.ts";
import { asTensor } from "../ops/build.ts";
import { take } from "../ops/indexing.ts";
import { sort } from "../ops/sorting.ts";
import { reshape } from "../ops/views.ts";
import { rowMajor, sameShape } from "../plan/view.ts";
import { tensor } from "./create.ts";
import { readAll } from "./realize.ts";

type Given = Tensor | Variable;

/** Row-major places at which x is not 0. */
async function placesOf(x: Given): Promise<number[]> {
  const { data } = widen((await readAll({ x })).x);
  return [...data.keys()].filter((i) => data[i] !== 0);
}

/**
 * The entries where the mask holds, in row-major order: for x [...mask.shape, ...rest] → [n, ...rest]. Only the mask is
 * read; the result is part of the graph, with a gradient.
 */
export async function booleanSelect(x: Given, mask: Given): Promise<Tensor> {
  const [source, test] = [asTensor(x, "booleanSelect"), asTensor(mask, "booleanSelect")];
  if (test.dtype !== "bool" || !sameShape(source.shape.slice(0, test.rank), test.shape)) {
    throw new ShapeError(
      `booleanSelect: the mask is bool of the first axes of [${source.shape}], not ${test.dtype} [${test.shape}]`,
    );
  }
  const rows = reshape(source, [test.size, ...source.shape.slice(test.rank)]);
  return take(rows, tensor(Int32Array.from(await placesOf(mask))));
}

/** The coordinates of all entries that are not 0 (NaN is not), in row-major order: int32 [n, rank]. */
export async function nonzero(x: Given): Promise<Tensor> {
  const { shape } = asTensor(x, "nonzero");
  const strides = rowMajor(shape);
  const places = await placesOf(x);
  const coordinates = places.flatMap((place) => strides.map((stride, a) => Math.floor(place / stride) % shape[a]));
  return tensor(Int32Array.from(coordinates), { shape: [places.length, shape.length] });
}

/** The different entries, rising: [n]; NaN counts as one, −0 as 0. */
export async function unique(x: Given): Promise<Tensor> {
  const source = asTensor(x, "unique");
  const { values } = sort(reshape(source, [source.size]));
  const { dtype, data } = widen((await readAll({ values })).values);
  const isNew = (value: number, i: number): boolean =>
    i === 0 || (value !== data[i - 1] && !(Number.isNaN(value) && Number.isNaN(data[i - 1])));
  // −0 + 0 is 0.
  return tensor(
    data.filter(isNew).map((value) => value + 0),
    { dtype },
  );
}
