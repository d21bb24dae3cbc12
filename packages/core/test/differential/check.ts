/** Runs steps on two backends and compares what comes out. */
import type { Device } from "../../src/device/device.ts";
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
  const bound = await boundOf(step.model, () => inputs.map((input) => input.magnitude()), reference);
  compare(name, expected, actual, bound);
}

/** How far element i may be from its expected value. */
type Bound = (expected: TensorData, i: number) => number;

export const exact: Bound = () => 0;

/** The bound of a model; `magnitudes` makes the operands of its scale. */
export async function boundOf(model: Model, magnitudes: () => readonly Tensor[], reference: Device): Promise<Bound> {
  if (model === "bits") return exact;
  const { units, absolute = 0, scale } = model;
  const [scales] = scale ? await valuesOn(reference, () => [scale(...magnitudes())]) : [null];
  return ({ dtype, data }, i) =>
    dtype === "float32" ? units * 2 ** -24 * (scales ? scales.data[i] : Math.abs(data[i])) + absolute : 0;
}

/** Throws where values differ by more than the bound, in the sign of a zero without one, or in what is not finite. */
export function compare(
  name: string,
  expected: readonly TensorData[],
  actual: readonly TensorData[],
  bound: Bound,
): void {
  if (actual.length !== expected.length) throw new Error(`${name}: ${actual.length} results, not ${expected.length}`);
  for (const [r, wanted] of expected.entries()) {
    const got = actual[r];
    if (got.dtype !== wanted.dtype || String(got.shape) !== String(wanted.shape)) {
      throw new Error(`${name}: ${got.dtype} [${got.shape}], not ${wanted.dtype} [${wanted.shape}]`);
    }
    for (let i = 0; i < wanted.data.length; i++) {
      const [a, b] = [got.data[i], wanted.data[i]];
      if (Object.is(a, b)) continue;
      const allowed = Number.isFinite(b) ? bound(wanted, i) : 0;
      if (allowed > 0 && Math.abs(a - b) <= allowed) continue;
      throw new Error(`${name}: element ${i} of [${wanted.shape}] is ${text(a)}, not ${text(b)} (±${allowed})`);
    }
  }
}

function text(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}
