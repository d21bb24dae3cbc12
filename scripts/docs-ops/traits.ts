/** What the random calls of the differential test show of an op. */
import { Device, defaultDevice, parameter, setDefaultDevice } from "@tsuki/core";
import "@tsuki/core/reference";
import fc from "fast-check";
import { outputsOf } from "../../packages/core/test/differential/check.ts";
import { specs } from "../../packages/core/test/differential/specs.ts";

export interface Traits {
  /** On which it is tested: those of the first operand, or of the result where there is none. */
  readonly dtypes: readonly string[];
  /** Whether a gradient reaches an operand. */
  readonly differentiable: boolean;
}

const shown: readonly (readonly [dtype: string, word: string])[] = [
  ["float32", "float"],
  ["int32", "int"],
  ["bool", "bool"],
];

/** Of the op of this name; nothing is computed. */
export function traitsOf(name: string): Traits {
  const outer = defaultDevice();
  setDefaultDevice(new Device("reference"));
  const dtypes = new Set<string>();
  let differentiable = false;
  for (const draw of fc.sample(fc.gen(), { numRuns: 40, seed: 1 })) {
    const { inputs, step } = specs[name].trial(draw);
    const operands = inputs.map((input) => {
      const tensor = input.tensor();
      return input.dtype === "float32" ? parameter(tensor).read() : tensor;
    });
    const outputs = outputsOf(step, operands);
    dtypes.add((operands[0] ?? outputs[0]).dtype);
    differentiable ||= outputs.some(({ requiresGrad }) => requiresGrad);
  }
  setDefaultDevice(outer);
  return { dtypes: shown.filter(([dtype]) => dtypes.has(dtype)).map(([, word]) => word), differentiable };
}
