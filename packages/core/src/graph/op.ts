import type { Lowerable } from "../plan/graph.ts";
import type { Tensor } from "./tensor.ts";

/** What a gradient rule is given: the gradients of the outputs (`null` where none arrives), the node's inputs and outputs. */
export interface GradientContext<Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** Whether input i needs a gradient. */
  needs(i: number): boolean;
}

/**
 * An op, defined in one place. Attributes are the op's structure (axes, shapes, k): `key` writes them as integers, and two
 * nodes with equal keys and inputs compute the same function.
 */
export interface OpDefinition<Attributes> extends Lowerable<Attributes> {
  /** The attributes as integers, for the plan's key. */
  key(attributes: Attributes): readonly number[];
  /**
   * Gradients of the inputs from those of the outputs, written with other ops; absent: not differentiable. A gradient that
   * still has the shape to which its input was broadcast is summed back by the caller.
   */
  gradient?(gradients: readonly (Tensor | null)[], context: GradientContext<Attributes>): readonly (Tensor | null)[];
  /** Only of ops that compute nothing: the input that an output stands for. Plans do not contain them. */
  alias?(attributes: Attributes, output: number): number;
}

export interface Op<Attributes = unknown> extends OpDefinition<Attributes> {
  /** Number of the op in plan keys. */
  readonly id: number;
}

let nextId = 1;

/** All ops are objects of one layout, so that what reads their fields meets only one. */
export function defineOp<Attributes>(definition: OpDefinition<Attributes>): Op<Attributes> {
  const { name, key, lower, gradient, alias } = definition;
  return { id: nextId++, name, key, lower, gradient, alias };
}

const nothing: readonly number[] = [];

/** The key of ops without attributes. */
export function noKey(): readonly number[] {
  return nothing;
}

/** An op that computes nothing: it stands in the graph for the sake of gradients alone. */
export function defineAlias<Attributes>(
  definition: Required<Pick<OpDefinition<Attributes>, "name" | "alias">> & Pick<OpDefinition<Attributes>, "gradient">,
): Op<Attributes> {
  return defineOp({ ...definition, key: noKey, lower: () => [] });
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** A number as two integers, for keys. */
export function numberKey(value: number): [number, number] {
  double[0] = value;
  return [words[0], words[1]];
}
