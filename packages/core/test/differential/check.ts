/** Runs steps on two backends and compares what comes out. */
import type { Device } from "../../src/device/device.ts";
import type { TypedArray } from "../../src/dtype.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { readAll, setDefaultDevice } from "../../src/index.ts";
import type { TensorData } from "../../src/io/data.ts";
import type { Model, Step, Trial } from "./spec.ts";

/** What a step gives, always as a list. */
export function outputsOf(step: Step, operands: readonly Tensor[]): readonly Tensor[] {
  const result = step.call(...operands);
  return Array.isArray(result) ? result : [result as Tensor];
}

/** Values of a graph that is built for a device. */
export async function valuesOn(device: Device, build: () => readonly Tensor[]): Promise<TensorData[]> {
  setDefaultDevice(device);
  return Object.values(await readAll(Object.fromEntries(build().entries())));
}

/** Throws where a backend differs from the reference by more than the step's model. */
export async function agree(name: string, { inputs, step }: Trial, reference: Device, device: Device): Promise<void> {
  const build = (): readonly Tensor[] =>
    outputsOf(
      step,
      inputs.map((input) => input.tensor()),
    );
  const expected = await valuesOn(reference, build);
  const actual = await valuesOn(device, build);
  await compare(name, step, expected, actual, () => inputs.map((input) => input.magnitude()), reference);
}

/** Throws where values differ by more than a model allows; `magnitudes` makes the operands of its scale. */
export async function compare(
  name: string,
  { model }: Step,
  expected: readonly TensorData[],
  actual: readonly TensorData[],
  magnitudes: () => readonly Tensor[],
  reference: Device,
): Promise<void> {
  if (actual.length !== expected.length) throw new Error(`${name}: ${actual.length} results, not ${expected.length}`);
  const scale = await scaleOf(model, magnitudes, reference);
  for (const [r, wanted] of expected.entries()) {
    const got = actual[r];
    if (got.dtype !== wanted.dtype || String(got.shape) !== String(wanted.shape)) {
      throw new Error(`${name}: ${got.dtype} [${got.shape}], not ${wanted.dtype} [${wanted.shape}]`);
    }
    for (let i = 0; i < wanted.data.length; i++) {
      if (Object.is(got.data[i], wanted.data[i])) continue;
      const allowed = bound(model, wanted, i, scale);
      if (Math.abs(got.data[i] - wanted.data[i]) <= allowed) continue;
      const [a, b] = [got.data[i], wanted.data[i]].map((x) => (Object.is(x, -0) ? "-0" : String(x)));
      throw new Error(`${name}: element ${i} of [${wanted.shape}] is ${a}, not ${b} (±${allowed})`);
    }
  }
}

async function scaleOf(
  model: Model,
  magnitudes: () => readonly Tensor[],
  reference: Device,
): Promise<TypedArray | null> {
  if (model === "bits" || !model.scale) return null;
  const { scale } = model;
  const [values] = await valuesOn(reference, () => [scale(...magnitudes())]);
  return values.data;
}

/** How far the element may be off. */
function bound(model: Model, { dtype, data }: TensorData, i: number, scale: TypedArray | null): number {
  if (model === "bits" || dtype !== "float32" || !Number.isFinite(data[i])) return 0;
  const { units, absolute = 0 } = model;
  return units * 2 ** -24 * (scale ? scale[i] : Math.abs(data[i])) + absolute;
}
