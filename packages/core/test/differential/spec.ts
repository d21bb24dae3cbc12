/** How random calls of an op are made, and how far two backends may differ on them. */
import type fc from "fast-check";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Input, Signature } from "./input.ts";

/** Draws values while a test runs. */
export type Draw = fc.GeneratorValue;

/**
 * `bits`: equal values and signs of zero. Else |difference| ≤ units · 2⁻²⁴ · scale + absolute, where the scale is |expected|
 * or Σ |terms|, computed in float64 from the magnitudes of the operands. NaN equals NaN, infinities are equal.
 */
export type Model =
  | "bits"
  | {
      readonly units: number;
      readonly scale?: (...magnitudes: readonly Tensor[]) => Tensor;
      readonly absolute?: number;
    };

/** One application of an op. */
export interface Step {
  readonly call: (...operands: readonly Tensor[]) => Tensor | readonly Tensor[];
  readonly model: Model;
}

/** A step with operands of its own. */
export interface Trial {
  readonly inputs: readonly Input[];
  readonly step: Step;
}

/** The random calls of an op. */
export interface Spec {
  readonly trial: (draw: Draw) => Trial;
  /** A step of a longer program, on some of its values; `null` where none fits. */
  readonly extend?: (draw: Draw, values: readonly Tensor[]) => Extension | null;
}

export interface Extension {
  readonly operands: readonly Tensor[];
  readonly step: Step;
}

export type Choose = (draw: Draw, values: readonly Tensor[]) => readonly Tensor[] | null;

/** A spec whose step is drawn for operands, whether they are its own or those that `choose` finds in a longer program. */
export function spec(
  operands: (draw: Draw) => readonly Input[],
  apply: (draw: Draw, operands: readonly Signature[]) => Step,
  choose?: Choose,
): Spec {
  const trial = (draw: Draw): Trial => {
    const inputs = operands(draw);
    return { inputs, step: apply(draw, inputs) };
  };
  if (!choose) return { trial };
  return {
    trial,
    extend: (draw, values) => {
      const chosen = choose(draw, values);
      return chosen && { operands: chosen, step: apply(draw, chosen) };
    },
  };
}

export type Specs = Readonly<Record<string, Spec>>;

/** The smallest float32: what is below is rounded to it or to 0. */
export const smallest: number = 2 ** -149;

/** The smallest normal float32: below it an elementary function may flush to 0. */
export const smallestNormal: number = 2 ** -126;
