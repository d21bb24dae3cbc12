import {
  ArgumentError,
  type DType,
  dtypes,
  ShapeError,
  shown,
  type Tensor,
  type TensorData,
  tensor,
} from "@tsuki/core";

/** A label whose prediction does not count: the default `ignoreIndex` of the losses of @tsuki/nn. */
export const ignoredLabel = -100;

/** What an example, or a part of it, may be for `collate`. */
export type Row = TensorData | Float32Array | Float64Array | Int32Array | Uint16Array | Int8Array | Uint8Array;

/** The rows of examples as tensors with one more axis, the first. */
export type Collated<E> = E extends Row ? Tensor : { readonly [K in keyof E]: Tensor };

/** Makes a batch of examples, and fills it up to `size` of them where there are fewer. */
export type Collate<E, B> = (examples: readonly E[], size: number) => B | Promise<B>;

/**
 * Examples of one shape as a batch: rows [...] become a tensor [size, ...], records of rows a record of tensors. A typed
 * array is a row of one axis, of integers (int32) or floats (float32); `TensorData` have a shape and dtype of their own.
 * Where examples are fewer than `size`, rows of zeros follow, and in the field `labels` of a record rows of `ignoredLabel`.
 *
 * @throws ArgumentError for fewer examples than `size` without int32 `labels`: nothing would tell the last rows from data.
 * @throws ShapeError for rows of different shapes or dtypes.
 */
export function collate<E>(examples: readonly E[], size: number = examples.length): Collated<E> {
  const [first] = examples;
  const single = isRow(first) || typeof first !== "object";
  if (examples.length < size && (single || !Object.hasOwn(Object(first), "labels"))) {
    throw new ArgumentError(
      `collate: ${examples.length} examples without labels cannot be filled up to ${size}; give collate, or last: "drop"`,
    );
  }
  if (single) return stack("example", examples, size, 0) as Collated<E>;
  const fields = Object.keys(Object(first)).map((name) => {
    const parts = examples.map((example): unknown => Object(example)[name]);
    return [name, stack(name, parts, size, name === "labels" ? ignoredLabel : 0)] as const;
  });
  return Object.fromEntries(fields) as Collated<E>;
}

/** Rows [...] as a tensor [size, ...], the last of them of one number. */
function stack(name: string, parts: readonly unknown[], size: number, filling: number): Tensor {
  const { dtype, shape, data } = dataOf(parts[0], name, 0);
  if (parts.length < size && name === "labels" && dtype !== "int32") {
    throw new ArgumentError(
      `collate: labels are ${dtype}, and where examples are missing they have to be int32 ${ignoredLabel}; give collate, or last: "drop"`,
    );
  }
  const all = dtypes[dtype].create(size * data.length).fill(filling, parts.length * data.length);
  for (const [index, part] of parts.entries()) {
    const row = dataOf(part, name, index);
    if (row.dtype !== dtype || String(row.shape) !== String(shape)) {
      throw new ShapeError(
        `collate: ${name} ${index} is ${row.dtype} [${row.shape}], and ${name} 0 ${dtype} [${shape}]; a batch has one shape`,
      );
    }
    all.set(row.data, index * data.length);
  }
  return tensor(all, { dtype, shape: [size, ...shape] });
}

function isRow(example: unknown): example is Row {
  const has = (key: string): boolean => Object.hasOwn(Object(example), key);
  return ArrayBuffer.isView(example) || (has("data") && has("shape") && has("dtype"));
}

function dataOf(row: unknown, name: string, index: number): TensorData {
  if (!isRow(row)) {
    throw new ArgumentError(
      `collate: ${name} ${index} is ${shown(row)}, not a typed array or { dtype, shape, data }; give collate`,
    );
  }
  if (!ArrayBuffer.isView(row)) return row;
  const dtype: DType = row instanceof Float32Array || row instanceof Float64Array ? "float32" : "int32";
  return { dtype, shape: [row.length], data: row };
}
