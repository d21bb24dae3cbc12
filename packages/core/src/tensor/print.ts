import { type DType, isFloat } from "../dtype.ts";
import { Fluent } from "../graph/fluent.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { type TensorData, widen } from "../io/data.ts";
import { sizeOf } from "../plan/view.ts";

/** Where there are more entries than `threshold`, longer axes show their first and last ones. */
const edgeItems = 3;
const threshold = 1000;
const lineWidth = 75;
/** Digits after the point. */
const precision = 8;

/** Contents in a compute dtype as text, as NumPy prints an array. */
export function format({ data, shape, dtype }: TensorData): string {
  const size = sizeOf(shape);
  if (shape.length === 0) return isFloat(dtype) ? scalar(data[0], dtype) : integer(data[0], dtype);
  if (size === 0) return "[]";
  const places = shape.map((extent) => {
    const all = Array.from({ length: extent }, (_, i) => i);
    return size > threshold && extent > 2 * edgeItems
      ? [...all.slice(0, edgeItems), null, ...all.slice(-edgeItems)]
      : all;
  });
  let shown = [0];
  let inner = size;
  for (const [axis, extent] of shape.entries()) {
    inner /= extent;
    shown = shown.flatMap((start) => places[axis].flatMap((i) => (i === null ? [] : start + i * inner)));
  }
  const words = aligned(
    shown.map((at) => data[at]),
    dtype,
  ).values();
  const nest = (axis: number): string => {
    const isRow = axis === shape.length - 1;
    const parts = places[axis].map((i) => (i === null ? "..." : isRow ? (words.next().value ?? "") : nest(axis + 1)));
    const indent = " ".repeat(axis + 1);
    return `[${isRow ? row(parts, indent) : parts.join("\n".repeat(shape.length - 1 - axis) + indent)}]`;
  };
  return nest(0);
}

/** Words in lines, with room for a bracket of each axis. */
function row(words: readonly string[], indent: string): string {
  let [text, line] = ["", indent];
  for (const word of words) {
    if (line.length + word.length > lineWidth - indent.length && line !== indent) {
      text += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += `${word} `;
  }
  return (text + line.slice(0, -1)).slice(indent.length);
}

/** The values as words of one width. */
function aligned(values: readonly number[], dtype: DType): string[] {
  const words = isFloat(dtype) ? floats(values, dtype) : values.map((value) => integer(value, dtype));
  const width = Math.max(dtype === "bool" ? "False".length : 0, ...words.map(({ length }) => length));
  return words.map((word) => word.padStart(width));
}

function integer(value: number, dtype: DType): string {
  return dtype === "bool" ? (value ? "True" : "False") : String(value);
}

/** In as few digits as tell the values from their neighbours, with their points in one column. */
function floats(values: readonly number[], dtype: DType): string[] {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).filter((size) => size > 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  if (most >= 1e8 || least < 1e-4 || most / least > 1000) {
    const places = Math.min(precision, Math.max(...finite.map((value) => significantDigits(value, dtype))) - 1);
    return withPowers(values, places);
  }
  const written = finite.map((value) => positional(value, dtype));
  const width = Math.max(0, ...written.map(([, fraction]) => fraction.length));
  const words = written.map(([whole, fraction]) => `${whole}.${fraction.padEnd(width)}`).values();
  return values.map((value) => (Number.isFinite(value) ? (words.next().value ?? "") : special(value)));
}

/** Powers of ten have at least two digits, and all as many. */
function withPowers(values: readonly number[], places: number): string[] {
  const written = values.map((value) => signed(value, tiesToEven(value.toExponential, value, places)).split("e"));
  const width = Math.max(2, ...written.map(([, power = ""]) => power.length - 1));
  return written.map(([digits, power], i) => {
    if (!Number.isFinite(values[i])) return special(values[i]);
    return `${digits}${places === 0 ? "." : ""}e${power[0]}${power.slice(1).padStart(width, "0")}`;
  });
}

/** As NumPy prints an array without axes. */
function scalar(value: number, dtype: DType): string {
  if (!Number.isFinite(value)) return special(value);
  const size = Math.abs(value);
  if (size >= 1e16 || (size > 0 && size < 1e-4)) {
    return withPowers([value], significantDigits(value, dtype) - 1)[0].replace(".e", "e");
  }
  const text = signed(value, String(Number(value.toPrecision(significantDigits(value, dtype)))));
  return text.includes(".") ? text : `${text}.0`;
}

/** The digits before and after the point, without zeros at their end. */
function positional(value: number, dtype: DType): [whole: string, fraction: string] {
  const short = String(Number.isInteger(value) ? value : Number(value.toPrecision(significantDigits(value, dtype))));
  const isLong = (short.split(".")[1]?.length ?? 0) > precision;
  const [whole, fraction = ""] = signed(value, isLong ? tiesToEven(value.toFixed, value, precision) : short).split(".");
  return [whole, fraction.replace(/0+$/, "")];
}

/** How many digits tell a value from its neighbours. */
function significantDigits(value: number, dtype: DType): number {
  const nearest = dtype === "float64" ? Number : Math.fround;
  let digits = 1;
  while (digits < 17 && nearest(Number(value.toPrecision(digits))) !== value) digits++;
  return digits;
}

/** Rounded as NumPy does: where two are as near, JavaScript takes the larger one. */
function tiesToEven(write: (places: number) => string, value: number, places: number): string {
  const text = write.call(value, places);
  const isTie = /^50*(?:e|$)/.test(write.call(value, 100).slice(text.split("e")[0].length + (places === 0 ? 1 : 0)));
  return isTie ? text.replace(/[13579](?=e|$)/, (digit) => String(Number(digit) - 1)) : text;
}

/** Text of JavaScript, which gives a zero no sign. */
function signed(value: number, text: string): string {
  return Object.is(value, -0) ? `-${text}` : text;
}

function special(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
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
