/** The golden calls, with their arguments as tensors. */
import { readFileSync } from "node:fs";
import { fromData, parameter, type Tensor, type TensorData, tensor, type Variable } from "@tsuki/core";
import { decodeSafetensors } from "@tsuki/core/safetensors";
import type { Argument, Case, StoredArgument } from "./mapping.ts";

const folder = new URL("../../fixtures/torch-ops/", import.meta.url);

export const cases: readonly Case[] = JSON.parse(readFileSync(new URL("cases.json", folder), "utf8"));

const { tensors } = decodeSafetensors(readFileSync(new URL("tensors.safetensors", folder)));

/** A stored tensor: float64, int32 or bool. */
export function stored(name: string): TensorData {
  return tensors[name];
}

/** A stored tensor in the float dtype of a run. */
export function load(name: string, dtype: "float32" | "float64"): Tensor {
  return fromData(inDtype(tensors[name], dtype));
}

function inDtype(source: TensorData, dtype: "float32" | "float64"): TensorData {
  if (source.dtype !== "float64" || dtype === "float64") return source;
  return { dtype, shape: source.shape, data: Float32Array.from(source.data) };
}

/** Makes the arguments of one call; those that are differentiated are (views of) parameters. */
export class Arguments {
  readonly #dtype: "float32" | "float64";
  readonly #differentiated: ReadonlySet<string>;
  /** The tensors that were made, by their stored names. */
  readonly made: Map<string, Tensor> = new Map();
  readonly parameters: Variable[] = [];

  constructor({ grads }: Case, dtype: "float32" | "float64") {
    this.#dtype = dtype;
    this.#differentiated = new Set(Object.keys(grads));
  }

  of(argument: StoredArgument): Argument {
    if (argument === null || typeof argument !== "object") return argument;
    if ("float" in argument) return Number(argument.float.replace("inf", "Infinity"));
    if ("tensor" in argument) return this.#tensor(argument.tensor, argument.strides);
    return argument.map((each) => this.of(each));
  }

  #tensor(name: string, strides?: readonly number[]): Tensor {
    const contents = inDtype(tensors[name], this.#dtype);
    const layout = strides ? layoutOf(contents.shape, strides) : null;
    let whole = layout ? layout.spread(contents) : fromData(contents);
    if (this.#differentiated.has(name)) {
      const place = parameter(whole);
      this.parameters.push(place);
      whole = place.read();
    }
    const made = layout ? layout.view(whole) : whole;
    this.made.set(name, made);
    return made;
  }
}

interface Layout {
  /** Storage that holds the contents at their places, and NaN between them. */
  readonly spread: (contents: TensorData) => Tensor;
  /** The contents as a view of it. */
  readonly view: (storage: Tensor) => Tensor;
}

/**
 * A strided layout as a permutation of a box of which each axis but the first is cut short: axes by falling stride, the
 * storage has extents n₀, s₀/s₁, s₁/s₂, …, sₗ, of which the view takes n₁, n₂, …, nₗ and the first. `null` where the
 * windows overlap: no view of ours has such strides, and the contents alone are used.
 */
function layoutOf(shape: readonly number[], strides: readonly number[]): Layout | null {
  const order = shape.map((_, axis) => axis).sort((a, b) => strides[b] - strides[a] || shape[b] - shape[a]);
  const steps = order.map((axis) => strides[axis]);
  const extents = order.map((axis) => shape[axis]);
  const box = [extents[0], ...steps.map((step, i) => step / (steps[i + 1] ?? 1))];
  const cut = [...extents.slice(1), 1];
  if (!box.every(Number.isInteger) || cut.some((extent, i) => extent > box[i + 1])) return null;
  const back = shape.map((_, axis) => order.indexOf(axis));
  return {
    spread: ({ dtype, data }) => {
      const storage = new Array<number>(box.reduce((a, b) => a * b, 1)).fill(Number.NaN);
      for (let i = 0; i < data.length; i++) storage[placeOf(i, shape, strides)] = data[i];
      return tensor(dtype === "float64" ? Float64Array.from(storage) : Float32Array.from(storage), { shape: box });
    },
    view: (storage) => {
      const rows = cut.reduce((x, extent, i) => x.slice(i + 1, 0, extent), storage);
      return rows.squeeze(shape.length).permute(back);
    },
  };
}

/** Where the `i`th element in row-major order stands. */
function placeOf(i: number, shape: readonly number[], strides: readonly number[]): number {
  let place = 0;
  let rest = i;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place += (rest % shape[axis]) * strides[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return place;
}
