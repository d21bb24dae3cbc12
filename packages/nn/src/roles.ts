import { checkOptions, type Tensor, type Variable, variable } from "@tsuki/core";

/** How a module's state names the slice at an index of a stacked parameter, relative to the module. */
export type SliceName = (index: number) => string;

export interface BufferOptions {
  /** Whether `stateDict()` holds it; default true. A table that the module computes is not persistent. */
  readonly persistent?: boolean;
}

const buffers = new WeakSet<Variable>();
const transient = new WeakSet<Variable>();
const slices = new WeakMap<Variable, SliceName>();

/** A variable without a gradient that belongs to a module: a statistic, a bias that a rule updates, a table. */
export function buffer(initial: Tensor, options: BufferOptions = {}): Variable {
  checkOptions("buffer", options, "persistent");
  const made = variable(initial);
  buffers.add(made);
  if (options.persistent === false) transient.add(made);
  return made;
}

/**
 * Marks a parameter [n, ...] that stacks n tensors of a checkpoint along axis 0: `stateDict()` yields one entry for each
 * index, `loadStateDict()` gathers them.
 *
 *     readonly gateProj = stackedParameter(parameter(w), (e) => `${e}.gate_proj.weight`);
 */
export function stackedParameter(parameter: Variable, name: SliceName): Variable {
  slices.set(parameter, name);
  return parameter;
}

/** Gives a variable the roles of another, whose place it takes. */
export function copyRoles(from: Variable, to: Variable): void {
  if (buffers.has(from)) buffers.add(to);
  if (transient.has(from)) transient.add(to);
  const name = slices.get(from);
  if (name) slices.set(to, name);
}

/** Whether `buffer()` made a variable. */
export function isBuffer(place: Variable): boolean {
  return buffers.has(place);
}

/** Whether a variable belongs to `stateDict()`. */
export function isPersistent(place: Variable): boolean {
  return !transient.has(place);
}

/** How the slices of a stacked parameter are named; `undefined`: it is stored whole. */
export function sliceNameOf(place: Variable): SliceName | undefined {
  return slices.get(place);
}
