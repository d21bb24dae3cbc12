/** Results of the pairs as plain data, for both languages. */
import { readAll, realize, Tensor, Variable } from "@tsuki/core";

export type Encoded =
  | number
  | string
  | boolean
  | null
  | readonly Encoded[]
  | EncodedTensor
  | { readonly error: string };

export interface EncodedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** "nan", "inf" and "-inf" where JSON has no numbers. */
  readonly data: readonly (number | string)[];
}

export function isTensor(result: Encoded): result is EncodedTensor {
  return typeof result === "object" && result !== null && "shape" in result;
}

/** What `body` gives, or the class of what it throws. */
export async function encoded(body: () => unknown): Promise<Encoded> {
  try {
    return await encode(await body());
  } catch (error) {
    return { error: error instanceof Error ? error.name : String(error) };
  }
}

async function encode(value: unknown): Promise<Encoded> {
  if (isLazy(value)) {
    const { data, shape, dtype } = (await readAll({ value })).value;
    return { dtype, shape, data: Array.from(data, plain) };
  }
  if (value instanceof Float32Array) return { dtype: "float32", shape: [value.length], data: Array.from(value, plain) };
  if (Array.isArray(value)) {
    await realize(...value.filter(isLazy));
    return Promise.all(value.map(encode));
  }
  if (typeof value === "number") return plain(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (value === undefined || value === null) return null;
  throw new TypeError(`a result of a pair is no ${typeof value}`);
}

function isLazy(value: unknown): value is Tensor | Variable {
  return value instanceof Tensor || value instanceof Variable;
}

function plain(value: number): number | string {
  return Number.isFinite(value) ? value : String(value).toLowerCase().replace("infinity", "inf");
}
