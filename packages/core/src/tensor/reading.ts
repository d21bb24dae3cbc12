import { type BackwardOptions, backward as backwardFrom } from "../autograd/backward.ts";
import type { TypedArray } from "../dtype.ts";
import { DeviceError, ShapeError } from "../errors.ts";
import { Keeping } from "../graph/effect.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { type TensorData, widen } from "../io/data.ts";
import { asTensor } from "../ops/build.ts";
import { deviceOf, toRead } from "./device.ts";
import { format } from "./print.ts";

export { registerHook } from "../autograd/hooks.ts";

type Readable = Tensor | Variable;

/** Nested arrays of numbers (or truth values). */
export type NestedArray = number | boolean | NestedArray[];

/** What `finish` makes of the contents; an error that nobody awaits comes with the next await on the device. */
function read<T>(tensor: Tensor, finish: (contents: TypedArray) => T): Promise<T> {
  const device = deviceOf(tensor);
  const realized = device.realize([tensor]);
  return device.watch(
    (async () => {
      await realized;
      return finish(await device.read(tensor));
    })(),
  );
}

/** The same in the dtype in which kernels compute. */
function readValues<T>(tensor: Tensor, finish: (values: TensorData) => T): Promise<T> {
  const { dtype, shape } = tensor;
  return read(tensor, (data) => finish(widen({ dtype, shape, data })));
}

/** A copy of the contents in row-major order; runs what is pending. 16-bit floats come as their bits, bool as 0 and 1. */
export function data(x: Readable): Promise<TypedArray> {
  return read(toRead(x, "data"), (contents) => contents);
}

/** The value of a tensor with one element; runs what is pending. */
export function item(x: Readable): Promise<number> {
  const tensor = toRead(x, "item");
  if (tensor.size !== 1) throw new ShapeError(`item: one element is needed, the shape is [${tensor.shape}]`);
  return readValues(tensor, ({ data: [value] }) => value);
}

/** The contents as nested arrays; runs what is pending. */
export function array(x: Readable): Promise<NestedArray> {
  const tensor = toRead(x, "array");
  return readValues(tensor, ({ data: flat }) => {
    const nest = (axis: number, start: number, size: number): NestedArray => {
      if (axis === tensor.rank) return tensor.dtype === "bool" ? flat[start] !== 0 : flat[start];
      const inner = tensor.shape[axis] === 0 ? 0 : size / tensor.shape[axis];
      return Array.from({ length: tensor.shape[axis] }, (_, i) => nest(axis + 1, start + i * inner, inner));
    };
    return nest(0, 0, tensor.size);
  });
}

/** The contents as text, as NumPy prints them; runs what is pending. */
export function show(x: Readable): Promise<string> {
  const tensor = toRead(x, "show");
  return readValues(tensor, format);
}

/**
 * Names a value to be computed with what runs next, so that it can be read after `step()` without computing it again:
 * accuracy, auxiliary losses, carried state.
 */
export function keep(x: Readable): Tensor {
  const tensor = asTensor(x, "keep");
  if (tensor.result === null) deviceOf(tensor).record(new Keeping(tensor));
  return tensor;
}

/**
 * Gradients of a scalar with respect to every variable that requires one: sets `variable.grad`, or adds to it where one is
 * held. The scalar is kept, so that it can be read after `step()`. Of several losses the gradients add up; outputs that
 * are no scalars need `gradOutputs`.
 */
export function backward(x: Readable | readonly Readable[], options: BackwardOptions = {}): void {
  const tensors = [x].flat().map((y) => asTensor(y, "backward"));
  const [device, other] = new Set(tensors.map(deviceOf));
  if (!device || other) throw new DeviceError("backward: at least one output is needed, and all on one device");
  backwardFrom(tensors, device, options);
}
