/** The comparison that the README of the golden data asks for. */
import type { TensorData } from "@tsuki/core";

/** Below this a tensor is zero up to rounding, and errors are absolute. */
const negligible = 1e-13;

/** How one tensor differs from what is expected. */
export interface Difference {
  /** Places in row-major order; all where dtype or shape differ. */
  readonly elements: readonly number[] | "all";
  readonly text: string;
}

/**
 * Floats: errors relative to the largest finite entry that is expected, NaN equals NaN, infinities match by sign, −0 equals
 * 0. Integers and truth values: exactly.
 */
export function compare(actual: TensorData, expected: TensorData, tolerance: number): Difference | null {
  const isFloat = expected.dtype === "float64";
  const sameKind = isFloat ? actual.dtype.startsWith("float") : actual.dtype === expected.dtype;
  if (!sameKind) return { elements: "all", text: `dtype ${actual.dtype}, not ${expected.dtype}` };
  if (String(actual.shape) !== String(expected.shape)) {
    return { elements: "all", text: `shape [${actual.shape}], not [${expected.shape}]` };
  }
  const largest = Array.from(expected.data).reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
    0,
  );
  const allowed = isFloat ? tolerance * (largest < negligible ? 1 : largest) : 0;
  const elements = [...expected.data.keys()].filter((i) => !near(actual.data[i], expected.data[i], allowed));
  if (elements.length === 0) return null;
  const [first] = elements;
  const values = `element ${first} is ${actual.data[first]}, not ${expected.data[first]}`;
  const every = elements.length === expected.data.length;
  return { elements: every ? "all" : elements, text: `${values} (${elements.length} of [${expected.shape}] differ)` };
}

function near(actual: number, expected: number, allowed: number): boolean {
  if (!Number.isFinite(expected) || !Number.isFinite(actual)) return Object.is(actual, expected);
  return Math.abs(actual - expected) <= allowed;
}
