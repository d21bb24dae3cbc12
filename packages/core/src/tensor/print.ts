import type { DType } from "../dtype.ts";
import { Fluent } from "../graph/fluent.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { type TensorData, widen } from "../io/data.ts";
import { sizeOf } from "../plan/view.ts";

/** Longer axes show their first and last entries. */
const edgeItems = 3;
const threshold = 1000;

/** Contents in a compute dtype as text, as NumPy prints an array. */
export function format({ data, shape, dtype }: TensorData): string {
  const summarize = sizeOf(shape) > threshold;
  const places = (extent: number): (number | null)[] => {
    const all = Array.from({ length: extent }, (_, i) => i);
    return summarize && extent > 2 * edgeItems ? [...all.slice(0, edgeItems), null, ...all.slice(-edgeItems)] : all;
  };
  const shown: number[] = [];
  const collect = (axis: number, start: number, size: number): void => {
    if (axis === shape.length) {
      shown.push(data[start]);
      return;
    }
    const inner = size / Math.max(shape[axis], 1);
    for (const i of places(shape[axis])) if (i !== null) collect(axis + 1, start + i * inner, inner);
  };
  collect(0, 0, data.length);
  const write = writer(shown, dtype);
  const width = Math.max(0, ...shown.map((value) => write(value).length));
  const nest = (axis: number, start: number, size: number, indent: number): string => {
    if (axis === shape.length) return write(data[start]).padStart(width);
    const inner = size / Math.max(shape[axis], 1);
    const parts = places(shape[axis]).map((i) =>
      i === null ? "..." : nest(axis + 1, start + i * inner, inner, indent + 1),
    );
    const last = axis === shape.length - 1;
    const separator = last ? " " : `${"\n".repeat(shape.length - 1 - axis)}${" ".repeat(indent + 1)}`;
    return `[${parts.join(separator)}]`;
  };
  return nest(0, 0, data.length, 0);
}

/** How numbers are written, so that all of them line up. */
function writer(values: readonly number[], dtype: DType): (value: number) => string {
  if (dtype === "bool") return (value) => (value ? "True" : "False");
  if (dtype !== "float32" && dtype !== "float64") return String;
  const finite = values.filter(Number.isFinite).map(Math.abs);
  const largest = Math.max(0, ...finite);
  const smallest = Math.min(...finite.filter((v) => v > 0), largest);
  const special = (value: number): string => (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
  if (largest >= 1e8 || (smallest > 0 && (smallest < 1e-4 || largest / smallest > 1e3 * 1e5))) {
    return (value) => (Number.isFinite(value) ? value.toExponential(8) : special(value));
  }
  const digits = Math.max(0, ...values.filter(Number.isFinite).map((v) => fraction(v, dtype)));
  return (value) =>
    Number.isFinite(value) ? (digits === 0 ? `${value.toFixed(0)}.` : value.toFixed(digits)) : special(value);
}

/** Digits after the point, at most 8. */
function fraction(value: number, dtype: DType): number {
  const short = dtype === "float32" ? Number(value.toPrecision(8)) : value;
  return Math.min(8, short.toFixed(8).replace(/0+$/, "").split(".")[1]?.length ?? 0);
}

/** What is known without waiting: shape, dtype, device, and the values if they are on the host. */
export function describe(x: Tensor | Variable): string {
  if ("storage" in x) return `Variable "${x.name}" [${x.shape}] ${x.dtype} on ${x.device.name}, version ${x.version}`;
  const device = x.node.device?.name ?? x.result?.device?.name;
  const place = device ? ` on ${device}` : "";
  const { shape, dtype, result } = x;
  const known = result?.host ? `\n${format(widen({ dtype, shape, data: result.host }))}` : null;
  return `Tensor [${shape}] ${dtype}${place}${known ?? (result ? ", realized" : ", pending")}`;
}

/** Makes `String(x)` and `console.log(x)` say what is known. */
export function installPrinting(): void {
  for (const key of ["toString", Symbol.for("nodejs.util.inspect.custom")]) {
    Object.defineProperty(Fluent.prototype, key, {
      value(this: Tensor | Variable): string {
        return describe(this);
      },
      writable: true,
      configurable: true,
    });
  }
}
