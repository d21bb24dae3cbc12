/** Short random programs: one plan against one plan for each op. */
import type { Device } from "../../src/device/device.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { fromData, setDefaultDevice, tensor } from "../../src/index.ts";
import type { TensorData } from "../../src/io/data.ts";
import { boundOf, compare, exact, outputsOf, valuesOn } from "./check.ts";
import { integer, narrower, one } from "./draw.ts";
import { floatInput, type Input } from "./input.ts";
import type { Draw, Specs, Step } from "./spec.ts";

/** Values of more entries are not used further. */
const mostEntries = 2000;

/** Beyond it the order of a sum decides what overflows. */
const largest = 1e30;

interface Line {
  readonly name: string;
  readonly step: Step;
  /** Places of the operands among all values: the inputs, then what each line gives. */
  readonly operands: readonly number[];
}

/**
 * Draws two to five ops on a few inputs, each on what is there by then. What they give as one plan on a device equals what
 * they give one by one there, bit for bit: fusion changes nothing. One by one, on the same operands, they agree with the
 * reference.
 */
export async function checkProgram(
  draw: Draw,
  kinds: readonly Specs[],
  device: Device,
  reference: Device,
): Promise<void> {
  setDefaultDevice(device);
  const inputs = inputsOf(draw);
  const values = inputs.map((input) => input.tensor());
  const lines: Line[] = [];
  const length = integer(draw, 2, 5);
  for (let attempt = 0; attempt < 10 && lines.length < length; attempt++) {
    const kind = one(draw, kinds);
    const name = one(draw, Object.keys(kind));
    const small = values.filter(({ size }) => size <= mostEntries);
    const extension = kind[name].extend?.(draw, small);
    if (!extension) continue;
    const { operands, step } = extension;
    const outputs = outputsOf(step, operands);
    // Truth values and places are read no further: they end a program.
    if (outputs[0]?.dtype !== "float32" && lines.length < length - 1) continue;
    lines.push({ name, step, operands: operands.map((operand) => values.indexOf(operand)) });
    values.push(...outputs);
  }
  // What is not read may be computed inside of a kernel.
  const read = [...values.keys()].filter((place) => place === values.length - 1 || integer(draw, 0, 4) === 4);
  const together = await valuesOn(device, () => read.map((place) => values[place]));
  const contents = await valuesOn(device, () => inputs.map((input) => input.tensor()));
  await checkLines(lines, contents, new Map(read.map((place, i) => [place, together[i]])), device, reference);
}

function inputsOf(draw: Draw): Input[] {
  const extents = Array.from({ length: integer(draw, 1, 4) }, () => integer(draw, 1, 5) + 1);
  const square = new Array<number>(2).fill(integer(draw, 1, 20));
  return [square, narrower(draw, extents), extents].map((of) => draw(floatInput, of, "moderate"));
}

/** `contents` are those of the inputs; `together` is what the one plan gave at some places. */
async function checkLines(
  lines: readonly Line[],
  contents: TensorData[],
  together: ReadonlyMap<number, TensorData>,
  device: Device,
  reference: Device,
): Promise<void> {
  for (const [i, { step, operands }] of lines.entries()) {
    const given = operands.map((place) => contents[place]);
    if (given.some(isHuge)) return;
    const names = lines.slice(0, i + 1).map(({ name }) => name);
    const build = (): readonly Tensor[] => outputsOf(step, given.map(fromData));
    const alone = await valuesOn(device, build);
    if (device !== reference) {
      const bound = await boundOf(step.model, () => given.map(magnitude), reference);
      compare(names.join(", "), await valuesOn(reference, build), alone, bound);
    }
    for (const value of alone) {
      const fused = together.get(contents.length);
      contents.push(value);
      if (fused) compare(`${names.join(", ")} in one plan`, [value], [fused], exact);
    }
  }
}

function isHuge({ data }: TensorData): boolean {
  return data.some((x: number) => Number.isFinite(x) && Math.abs(x) > largest);
}

/** |x| in float64. */
function magnitude({ data, shape, dtype }: TensorData): Tensor {
  return dtype === "float32" ? tensor(Float64Array.from(data, Math.abs), { shape }) : fromData({ data, shape, dtype });
}
