/** Short random programs: one plan against one plan for each op. */
import type { Device } from "../../src/device/device.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { fromData, setDefaultDevice, tensor } from "../../src/index.ts";
import type { TensorData } from "../../src/io/data.ts";
import { compare, outputsOf, valuesOn } from "./check.ts";
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
 * Draws two to five ops on a few inputs, each on what is there by then. What they give as one plan equals what they give
 * one by one, bit for bit: fusion changes nothing. And one by one, on the same operands, they agree with the reference.
 */
export async function checkProgram(
  draw: Draw,
  kinds: readonly Specs[],
  reference: Device,
  device: Device,
): Promise<void> {
  setDefaultDevice(device);
  const inputs = inputsOf(draw);
  const values = inputs.map((input) => input.tensor());
  const lines: Line[] = [];
  for (let left = integer(draw, 2, 5); left > 0; left--) {
    const kind = one(draw, kinds);
    const name = one(draw, Object.keys(kind));
    const small = values.filter(({ size }) => size <= mostEntries);
    const extension = kind[name].extend?.(draw, small);
    if (!extension) continue;
    const { operands, step } = extension;
    lines.push({ name, step, operands: operands.map((operand) => values.indexOf(operand)) });
    values.push(...outputsOf(step, operands));
  }
  // What is not read may be computed inside of a kernel.
  const read = values
    .map((_, place) => place)
    .filter((place) => place === values.length - 1 || integer(draw, 0, 4) === 4);
  const fused = await valuesOn(device, () => read.map((place) => values[place]));
  const contents = await valuesOn(device, () => inputs.map((input) => input.tensor()));
  await checkLines(lines, contents, new Map(read.map((place, i) => [place, fused[i]])), reference, device);
}

function inputsOf(draw: Draw): Input[] {
  const extents = Array.from({ length: integer(draw, 1, 4) }, () => integer(draw, 1, 5) + 1);
  const square = new Array<number>(2).fill(integer(draw, 1, 20));
  return [square, narrower(draw, extents), extents].map((of) => draw(floatInput, of, "moderate"));
}

async function checkLines(
  lines: readonly Line[],
  contents: TensorData[],
  fused: ReadonlyMap<number, TensorData>,
  reference: Device,
  device: Device,
): Promise<void> {
  for (const [i, { step, operands }] of lines.entries()) {
    const given = operands.map((place) => contents[place]);
    if (given.some(({ data }) => data.some((x: number) => Number.isFinite(x) && Math.abs(x) > largest))) return;
    const title = lines
      .slice(0, i + 1)
      .map((line) => line.name)
      .join(", ");
    const build = (): readonly Tensor[] => outputsOf(step, given.map(fromData));
    const alone = await valuesOn(device, build);
    await compare(title, step, await valuesOn(reference, build), alone, () => given.map(magnitude), reference);
    for (const [output, value] of alone.entries()) {
      const together = fused.get(contents.length + output);
      const exact: Step = { ...step, model: "bits" };
      if (together) await compare(`${title} in one plan`, exact, [value], [together], () => [], reference);
    }
    contents.push(...alone);
  }
}

/** |x| in float64. */
function magnitude({ data, shape, dtype }: TensorData): Tensor {
  return dtype === "float32" ? tensor(Float64Array.from(data, Math.abs), { shape }) : fromData({ data, shape, dtype });
}
