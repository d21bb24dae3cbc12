import { defaultDevice } from "../device/default.ts";
import { checkDType, type DType, dtypes, isFloat, type TypedArray } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { dataLeaf } from "../graph/leaves.ts";
import { withScope } from "../graph/scope.ts";
import { Result, type Tensor } from "../graph/tensor.ts";
import { Variable, type VariableOptions } from "../graph/variable.ts";
import { narrow, type TensorData } from "../io/data.ts";
import { asTensor, checkOptions, defaultFloat, setDefaultFloat, shown } from "../ops/build.ts";
import { checkShape } from "../ops/creation.ts";
import { sizeOf } from "../plan/view.ts";
import type { NestedArray } from "./reading.ts";

export interface TensorOptions {
  /** Default: float for numbers, `bool` for truth values, else that of the array. */
  readonly dtype?: DType;
  /** Default: that of the nesting, or one axis. */
  readonly shape?: readonly number[];
}

/**
 * A tensor of given contents, which are copied: a number, nested arrays, or a typed array in row-major order. A
 * `Uint16Array` holds the bits of 16-bit floats.
 */
export function tensor(data: NestedArray | TypedArray, options: TensorOptions = {}): Tensor {
  checkOptions("tensor", options, "shape", "dtype");
  if (options.dtype !== undefined) checkDType("tensor", options.dtype);
  const nested = typeof data === "number" || typeof data === "boolean" || Array.isArray(data);
  if (!nested && !ArrayBuffer.isView(data)) {
    throw new ArgumentError(`tensor: contents are a number, nested arrays or a typed array, not ${shown(data)}`);
  }
  const shape = options.shape ?? (nested ? nestingOf(data) : [data.length]);
  checkShape("tensor", shape);
  const flat = nested ? flatten(data) : data;
  if (flat.length !== sizeOf(shape)) {
    throw new ShapeError(`tensor: ${flat.length} values do not fill shape [${shape}] (${sizeOf(shape)} values)`);
  }
  const dtype = options.dtype ?? (nested ? dtypeOfValues(flat) : dtypeOfArray(data));
  return leaf(convert(flat, dtype), shape, dtype);
}

/** A tensor of the contents of a file, or of another host copy. */
export function fromData({ data, dtype, shape }: TensorData): Tensor {
  return tensor(data, { dtype, shape });
}

function leaf(data: TypedArray, shape: readonly number[], dtype: DType): Tensor {
  return dataLeaf(new Result({ shape, dtype }, data), [...shape], dtype);
}

function nestingOf(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

function flatten(data: NestedArray): (number | boolean)[] {
  const shape = nestingOf(data);
  const flat: (number | boolean)[] = [];
  const visit = (level: NestedArray, depth: number): void => {
    if (!Array.isArray(level)) {
      if (depth !== shape.length) throw ragged(shape);
      flat.push(level);
      return;
    }
    if (level.length !== shape[depth]) throw ragged(shape);
    for (const inner of level) visit(inner, depth + 1);
  };
  visit(data, 0);
  return flat;
}

function ragged(shape: readonly number[]): ShapeError {
  return new ShapeError(`tensor: the nested arrays are ragged; the first ones have shape [${shape}]`);
}

function dtypeOfValues(values: ArrayLike<number | boolean>): DType {
  return values.length > 0 && Array.prototype.every.call(values, (v: unknown) => typeof v === "boolean")
    ? "bool"
    : defaultFloat();
}

function dtypeOfArray(array: TypedArray): DType {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof Int8Array) return "int8";
  if (array instanceof Uint8Array) return "uint8";
  const remedy = (array as unknown) instanceof Uint16Array ? "give { dtype }: float16 or bfloat16" : "convert it first";
  throw new DTypeError(`tensor: no dtype follows from a ${array.constructor.name}; ${remedy}`);
}

/** Numbers as a dtype holds them; 16-bit floats may also come as their bits. */
function convert(values: ArrayLike<number | boolean>, dtype: DType): TypedArray {
  if (dtypes[dtype].bytes === 2) {
    return values instanceof Uint16Array ? values.slice() : narrow(convert(values, "float64"), dtype);
  }
  const array = dtypes[dtype].create(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (typeof values[i] !== "number" && typeof values[i] !== "boolean") {
      throw new DTypeError(`tensor: element ${i} is ${shown(values[i])}, no number and no truth value`);
    }
    array[i] = dtype === "bool" ? Number(value !== 0) : value;
    if (!isFloat(dtype) && dtype !== "bool" && array[i] !== value) {
      throw new DTypeError(`tensor: ${value} (element ${i}) is no ${dtype}`);
    }
  }
  return array;
}

/**
 * State, a buffer, a cache: a place that can be assigned, in the dtype of its initial value, which runs in a plan of its
 * own. `variable(x.cast("bfloat16"))` occupies half the memory; kernels widen it on load.
 */
export function variable(initial: Tensor | Variable, options: VariableOptions = {}): Variable {
  return place("variable", initial, options, false);
}

/** A variable that requires a gradient. */
export function parameter(initial: Tensor | Variable, options: VariableOptions = {}): Variable {
  return place("parameter", initial, options, true);
}

function place(op: string, initial: Tensor | Variable, given: VariableOptions, requiresGrad: boolean): Variable {
  checkOptions(op, given, "name", "requiresGrad");
  const options = { requiresGrad, ...given };
  const value = asTensor(initial, op);
  if (options.requiresGrad && !isFloat(value.dtype)) {
    throw new DTypeError(`${op}: what requires a gradient is float, not ${value.dtype}; cast("float32") first`);
  }
  const made = new Variable(value.shape, value.dtype, defaultDevice(), options);
  made.set(value, true);
  return made;
}

/** Constants and arrays of plain numbers that are made inside have this dtype. */
export function withDefaultDtype<T>(dtype: "float32" | "float64", body: () => T): T {
  if (dtype !== "float32" && dtype !== "float64") {
    throw new DTypeError(`withDefaultDtype: dtype is "float32" or "float64", not ${shown(dtype)}`);
  }
  const outer = defaultFloat();
  return withScope(
    "withDefaultDtype",
    () => setDefaultFloat(dtype),
    () => setDefaultFloat(outer),
    body,
  );
}
