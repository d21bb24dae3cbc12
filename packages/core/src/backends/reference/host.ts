import type { TypedArray } from "../../dtype.ts";
import { PlanError } from "../../errors.ts";
import type { HostCall, HostStep, OutputInfo } from "../../plan/plan.ts";
import { sizeOf } from "../../plan/view.ts";
import type { Frame } from "./frame.ts";

/** Calls back with copies of the inputs, and copies what comes back to the outputs. */
export async function runHostStep(step: HostStep, frame: Frame, hosts: readonly HostCall[]): Promise<void> {
  const elements = ({ buffer, shape }: OutputInfo): TypedArray => frame.buffers[buffer].data.subarray(0, sizeOf(shape));
  const results = await hosts[step.call](step.inputs.map((input) => elements(input).slice()));
  const outputs = step.outputs.map(elements);
  if (results.length !== outputs.length) {
    throw new PlanError(`${step.label}: the callback returned ${results.length} arrays, expected ${outputs.length}`);
  }
  for (const [i, output] of outputs.entries()) {
    if (results[i].length !== output.length) {
      const { shape } = step.outputs[i];
      throw new PlanError(`${step.label}, result ${i}: ${results[i].length} elements, expected shape [${shape}]`);
    }
    output.set(results[i]);
  }
}
