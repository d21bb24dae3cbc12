import { dtypes, type Tensor, Variable, zeros } from "@tsuki/core";
import { checkSaved, contents, type Form, mismatch, refuse, type SavedTensor, unexpected } from "./saved.ts";

/** An optimizer's state as a checkpoint holds it: before the first step it is empty. */
export interface OptimizerStateDict {
  /** `<parameter>.<state>`, such as `lm_head.weight.exp_avg`; and what `skipNonFinite` counts. */
  readonly tensors: Readonly<Record<string, Variable>>;
  /** Updates that each parameter was given, skipped ones included. */
  readonly steps: Readonly<Record<string, number>>;
}

/** The same, also with contents from a file. */
export interface SavedOptimizerState {
  readonly tensors: Readonly<Record<string, SavedTensor>>;
  readonly steps: Readonly<Record<string, number>>;
}

/** A piece of an optimizer that has state. */
export interface Stateful {
  entries(): OptimizerStateDict;
  /** What of a saved state is not as this one needs it; `claimed` takes what it knows. */
  problems(saved: SavedOptimizerState, claimed: Set<string>): string[];
  /** Replaces everything. */
  load(saved: SavedOptimizerState): void;
}

/** The state of one parameter. */
export interface ParameterState {
  /** Updates that it was given. */
  steps: number;
  /** How many of them were skipped, int32 `[]`; `null`: none could be. */
  skipped: Variable | null;
  readonly variables: Record<string, Variable>;
}

/** What a parameter's state consists of. */
export interface StateLayout {
  /** Names of the variables in the parameter's shape. */
  slots(parameter: string): readonly string[];
  /** Whether skipped updates are counted. */
  readonly counts: boolean;
}

/** A count on the device. */
export const counter: Form = { shape: [], dtype: "int32" };

/** The state of an optimizer: variables in the shape of each parameter, made at the parameter's first update. */
export class OptimizerState implements Stateful {
  readonly #parameters: ReadonlyMap<string, Variable>;
  readonly #layout: StateLayout;
  readonly #states = new Map<string, ParameterState>();

  constructor(parameters: ReadonlyMap<string, Variable>, layout: StateLayout) {
    this.#parameters = parameters;
    this.#layout = layout;
  }

  /** The state of a parameter; at first: zeros. */
  of(name: string, maySkip: boolean): ParameterState {
    const parameter = this.#parameters.get(name) as Variable;
    const state = this.#states.get(name) ?? { steps: 0, skipped: null, variables: {} };
    this.#states.set(name, state);
    for (const slot of this.#layout.slots(name)) {
      state.variables[slot] ??= stateVariable(`${name}.${slot}`, parameter, parameter.device);
    }
    if (maySkip && this.#layout.counts) {
      state.skipped ??= stateVariable(`${name}.skipped`, counter, parameter.device);
    }
    return state;
  }

  entries(): OptimizerStateDict {
    const tensors: Record<string, Variable> = {};
    const steps: Record<string, number> = {};
    for (const [name, state] of this.#states) {
      steps[name] = state.steps;
      for (const [slot, variable] of Object.entries(state.variables)) tensors[`${name}.${slot}`] = variable;
      if (state.skipped) tensors[`${name}.skipped`] = state.skipped;
    }
    return { tensors, steps };
  }

  problems({ tensors, steps }: SavedOptimizerState, claimed: Set<string>): string[] {
    const found: string[] = [];
    for (const [name, parameter] of this.#parameters) {
      const keys = this.#layout.slots(name).map((slot) => `${name}.${slot}`);
      const hasSteps = Object.hasOwn(steps, name);
      if (!hasSteps && !keys.some((key) => Object.hasOwn(tensors, key))) continue;
      claimed.add(`steps of ${name}`);
      if (!hasSteps) found.push(`missing: steps of ${name}`);
      else if (!(Number.isInteger(steps[name]) && steps[name] >= 0)) found.push(`steps of ${name}: ${steps[name]}`);
      for (const key of keys) {
        claimed.add(key);
        found.push(...mismatch(key, tensors, parameter));
      }
      const skipped = `${name}.skipped`;
      if (!this.#layout.counts || !Object.hasOwn(tensors, skipped)) continue;
      claimed.add(skipped);
      found.push(...mismatch(skipped, tensors, counter));
    }
    return found;
  }

  load({ tensors, steps }: SavedOptimizerState): void {
    this.#states.clear();
    for (const [name, parameter] of this.#parameters) {
      if (!Object.hasOwn(steps, name)) continue;
      const loaded = (key: string, form: Form): Variable =>
        stateVariable(key, form, parameter.device, contents(tensors[key]));
      const slots = this.#layout.slots(name).map((slot) => [slot, loaded(`${name}.${slot}`, parameter)] as const);
      const skipped = `${name}.skipped`;
      this.#states.set(name, {
        steps: steps[name],
        skipped: Object.hasOwn(tensors, skipped) ? loaded(skipped, counter) : null,
        variables: Object.fromEntries(slots),
      });
    }
  }
}

/** A variable with an initial value (zeros), which runs before the first step, in a plan of its own. */
export function stateVariable(name: string, form: Form, device: Variable["device"], initial?: Tensor): Variable {
  const variable = new Variable(form.shape, form.dtype, device, { name });
  variable.set(initial ?? zeros(form.shape, { dtype: dtypes[form.dtype].compute }), true);
  return variable;
}

/** Loads what was saved into the states that it belongs to, or changes nothing and names all that does not fit. */
export function loadStates(states: readonly Stateful[], saved: SavedOptimizerState): void {
  checkSaved(saved);
  for (const record of [saved.tensors, saved.steps]) checkSaved(record);
  const claimed = new Set<string>();
  const problems = states.flatMap((state) => state.problems(saved, claimed));
  const given = [...Object.keys(saved.tensors), ...Object.keys(saved.steps).map((name) => `steps of ${name}`)];
  refuse("the optimizer", [...problems, ...unexpected(given, claimed)]);
  for (const state of states) state.load(saved);
}
