import type { Buffer, Place } from "../../../plan/plan.ts";
import { type FunctionBuilder, i32, type Local, type Operand, type Value } from "../emit/index.ts";
import type { Arg } from "./kernel.ts";
import { bytesOf, type Stored, storedAs } from "./stored.ts";

/** Bytes of the elements that these kernels handle: float32 and int32. */
export const ELEMENT = 4;

/** How the elements at a place are stored. */
export type Storage = (place: Place) => Stored;

/** The storage of places in a plan's buffers. */
export function storageIn(buffers: readonly Pick<Buffer, "dtype">[]): Storage {
  return ({ buffer }) => storedAs(buffers[buffer].dtype);
}

/** The place with its strides in words of four bytes; those of narrower elements are fractions. */
export function inWords(place: Place, storage: Storage): Place {
  return scaled(place, bytesOf(storage(place)));
}

/** The place of elements of `bytes` with its strides in words. */
export function scaled(place: Place, bytes: number): Place {
  const { shape, strides, offset } = place.view;
  const words = bytes / ELEMENT;
  return { ...place, view: { shape, strides: strides.map((stride) => stride * words), offset: offset * words } };
}

/** Address of a place's first element. */
export function addressOf(place: Place): Arg {
  return { kind: "address", buffer: place.buffer, byteOffset: place.view.offset * ELEMENT };
}

/** Bytes from one element to the next along an axis; negative axes count from the end. */
export function byteStride(place: Place, axis: number): number {
  return place.view.strides.at(axis)! * ELEMENT;
}

/** Words of a place: its address under `name`, and the bytes along each axis under `name` and the axis's own. */
export function placeWords<Name extends string, Axis extends string>(
  name: Name,
  place: Place,
  ...axes: readonly Axis[]
): Record<Name, Arg> & Record<`${Name}${Axis}`, number> {
  const strides = axes.map((axis, i) => [`${name}${axis}`, byteStride(place, i)]);
  return { [name]: addressOf(place), ...Object.fromEntries(strides) };
}

/** Addresses that lie `stride` bytes apart. */
export function addressesFrom(
  f: FunctionBuilder,
  first: Value<"i32">,
  stride: Local<"i32">,
  count: number,
): Local<"i32">[] {
  const addresses = [f.let(first)];
  while (addresses.length < count) addresses.push(f.let(i32.add(addresses[addresses.length - 1], stride)));
  return addresses;
}

/** start + index · stride: the address of an element. */
export function along(start: Operand<"i32">, index: Operand<"i32">, stride: Operand<"i32">): Value<"i32"> {
  return i32.add(start, i32.mul(index, stride));
}
