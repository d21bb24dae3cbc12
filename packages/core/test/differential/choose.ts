/** Which values of a longer program an op may take. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { integer, one } from "./draw.ts";
import type { Choose, Draw } from "./spec.ts";

const floats = (values: readonly Tensor[], least: number): Tensor[] =>
  values.filter(({ dtype, rank }) => dtype === "float32" && rank >= least);

/** Mostly the last one, so that programs are chains. */
function mostlyLast<T>(draw: Draw, list: readonly T[]): T | null {
  if (list.length === 0) return null;
  return integer(draw, 0, 4) < 4 ? list[list.length - 1] : one(draw, list);
}

/** A float32 value of at least so many axes. */
export function ofRank(least: number): Choose {
  return (draw, values) => {
    const found = mostlyLast(draw, floats(values, least));
    return found && [found];
  };
}

export const anyValue: Choose = ofRank(0);

/** Two values for which a relation of their shapes holds. */
export function pair(holds: (a: readonly number[], b: readonly number[]) => boolean): Choose {
  return (draw, values) => {
    const found = floats(values, 0);
    const pairs = found.flatMap((a) => found.filter((b) => holds(a.shape, b.shape)).map((b) => [a, b]));
    return mostlyLast(draw, pairs);
  };
}

/** Whether two shapes broadcast. */
export function broadcasts(a: readonly number[], b: readonly number[]): boolean {
  return a.every((extent, axis) => {
    const other = b[axis + b.length - a.length] ?? 1;
    return extent === other || extent === 1 || other === 1;
  });
}

export const broadcastPair: Choose = pair(broadcasts);

/** As many values of one shape, with at least one axis, as are drawn. */
export function alike(count: (draw: Draw) => number): Choose {
  return (draw, values) => {
    const chosen = ofRank(1)(draw, values);
    if (!chosen) return null;
    const [first] = chosen;
    const same = floats(values, 0).filter(({ shape }) => String(shape) === String(first.shape));
    return Array.from({ length: count(draw) }, () => one(draw, same));
  };
}
