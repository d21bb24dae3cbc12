import { fromData, StateError, Tensor, type TensorData, Variable, zerosLike } from "@tsuki/core";

/** An optimizer's state as a checkpoint holds it: before the first step it is empty. */
export interface OptimizerStateDict {
  /** `<parameter>.<state>`, such as `lm_head.weight.exp_avg`. */
  readonly tensors: Readonly<Record<string, Variable>>;
  /** Updates that each parameter has had. */
  readonly steps: Readonly<Record<string, number>>;
}

/** The same, also with contents from a file. */
export interface SavedOptimizerState {
  readonly tensors: Readonly<Record<string, Variable | Tensor | TensorData>>;
  readonly steps: Readonly<Record<string, number>>;
}

/** The state of one parameter. */
export interface ParameterState {
  /** Updates that it has had. */
  steps: number;
  readonly variables: Readonly<Record<string, Variable>>;
}

/** The state of an optimizer: variables in the shape of each parameter, made at the parameter's first update. */
export class OptimizerState {
  readonly #parameters: ReadonlyMap<string, Variable>;
  readonly #slots: readonly string[];
  readonly #states = new Map<string, ParameterState>();

  constructor(parameters: ReadonlyMap<string, Variable>, slots: readonly string[]) {
    this.#parameters = parameters;
    this.#slots = slots;
  }

  /** The state of a parameter; at first: zeros. */
  of(name: string): ParameterState {
    const known = this.#states.get(name);
    if (known) return known;
    const zero = zerosLike(this.#parameters.get(name) as Variable);
    const fresh = this.#create(name, 0, () => zero);
    this.#states.set(name, fresh);
    return fresh;
  }

  /** Initial values, so that they run before the first step, in a plan of their own. */
  #create(name: string, steps: number, value: (slot: string) => Tensor): ParameterState {
    const { shape, dtype, device } = this.#parameters.get(name) as Variable;
    const variables = this.#slots.map((slot) => {
      const variable = new Variable(shape, dtype, device, { name: `${name}.${slot}` });
      variable.set(value(slot), true);
      return [slot, variable] as const;
    });
    return { steps, variables: Object.fromEntries(variables) };
  }

  entries(): OptimizerStateDict {
    const tensors: Record<string, Variable> = {};
    const steps: Record<string, number> = {};
    for (const [name, state] of this.#states) {
      steps[name] = state.steps;
      for (const slot of this.#slots) tensors[`${name}.${slot}`] = state.variables[slot];
    }
    return { tensors, steps };
  }

  /** What of a saved state is not as this one needs it; `claimed` takes what it knows. */
  problems({ tensors, steps }: SavedOptimizerState, claimed: Set<string>): string[] {
    const found: string[] = [];
    for (const [name, parameter] of this.#parameters) {
      const keys = this.#slots.map((slot) => `${name}.${slot}`);
      const hasSteps = Object.hasOwn(steps, name);
      if (!hasSteps && !keys.some((key) => Object.hasOwn(tensors, key))) continue;
      claimed.add(`steps of ${name}`);
      if (!hasSteps) found.push(`missing: steps of ${name}`);
      else if (!(Number.isInteger(steps[name]) && steps[name] >= 0)) found.push(`steps of ${name}: ${steps[name]}`);
      for (const key of keys) {
        claimed.add(key);
        if (!Object.hasOwn(tensors, key)) found.push(`missing: ${key}`);
        else found.push(...mismatch(key, tensors[key], parameter));
      }
    }
    return found;
  }

  /** Replaces everything. */
  load({ tensors, steps }: SavedOptimizerState): void {
    this.#states.clear();
    for (const name of this.#parameters.keys()) {
      if (!Object.hasOwn(steps, name)) continue;
      this.#states.set(
        name,
        this.#create(name, steps[name], (slot) => contents(tensors[`${name}.${slot}`])),
      );
    }
  }
}

function mismatch(key: string, saved: Variable | Tensor | TensorData, { shape, dtype }: Variable): string[] {
  if (saved.shape.join() === shape.join() && saved.dtype === dtype) return [];
  return [`${key}: [${saved.shape}] ${saved.dtype} where [${shape}] ${dtype} is needed`];
}

function contents(saved: Variable | Tensor | TensorData): Tensor {
  if (saved instanceof Variable) return saved.read();
  return saved instanceof Tensor ? saved : fromData(saved);
}

/** Loads what was saved into the states that it belongs to, or changes nothing and names all that does not fit. */
export function loadStates(states: readonly OptimizerState[], saved: SavedOptimizerState): void {
  const claimed = new Set<string>();
  const problems = states.flatMap((state) => state.problems(saved, claimed));
  const given = [...Object.keys(saved.tensors), ...Object.keys(saved.steps).map((name) => `steps of ${name}`)];
  problems.push(...given.filter((key) => !claimed.has(key)).map((key) => `unexpected: ${key}`));
  if (problems.length > 0) throw new StateError(`the optimizer's state does not fit:\n  ${problems.join("\n  ")}`);
  for (const state of states) state.load(saved);
}
