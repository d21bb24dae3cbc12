import { scope, type TensorData, Variable } from "@tsuki/core";
import { join, snakeCase } from "./names.ts";
import { isPersistent, sliceNameOf } from "./roles.ts";
import { type LoadOptions, type LoadReport, loadState, readState, type StateEntry } from "./state.ts";

/** The module whose `forward` runs now: it names the modules that it calls. */
let caller: Module | null = null;

/**
 * A part of a model: variables, other modules, and what it computes from its inputs.
 *
 * Children and variables are plain fields: a `Module`, a `Variable`, or an array of them. A variable that requires a
 * gradient is a parameter, any other a buffer (so a frozen parameter counts as a buffer). Names are those of the fields
 * in snake case, as checkpoints write them: `this.layers[0].selfAttn.qProj.weight` is `layers.0.self_attn.q_proj.weight`;
 * the order is that of declaration, a module's own variables before those of its children. What is reached twice (tied
 * weights, a shared module) is listed under its first name.
 *
 * A subclass defines `forward`; users and other modules use `call`, so that errors name the module's path. `Module`
 * without type arguments is any module.
 */
export abstract class Module<Args extends unknown[] = never, Result = unknown> {
  /** Whether dropout drops and statistics are recorded; `train()` and `eval()` set it. */
  training = true;
  #paths: ReadonlyMap<Module, string> = new Map();

  /** What the module computes. */
  abstract forward(...args: Args): Result;

  /** Runs `forward` with the module's path in the names of errors, such as `model.layers.1.mlp`. */
  call(...args: Args): Result {
    const outer = caller;
    const path = outer === null ? "" : outer.#pathTo(this);
    caller = this;
    try {
      return path === "" ? this.forward(...args) : scope(path, () => this.forward(...args));
    } finally {
      caller = outer;
    }
  }

  /** The module itself (named "") and all modules below, parents first. */
  namedModules(): Record<string, Module> {
    return Object.fromEntries([...this.#modules().entries()].map(([module, path]) => [path, module]));
  }

  /** The variables that require a gradient. */
  namedParameters(): Record<string, Variable> {
    return this.#named((variable) => variable.requiresGrad);
  }

  /** The variables that require a gradient. */
  parameters(): Variable[] {
    return Object.values(this.namedParameters());
  }

  /** The variables that require no gradient. */
  namedBuffers(): Record<string, Variable> {
    return this.#named((variable) => !variable.requiresGrad);
  }

  /** Sets the mode of the module and of all modules below. */
  train(mode = true): this {
    for (const module of this.#modules().keys()) module.training = mode;
    return this;
  }

  /** Inference mode: `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Host copies of all parameters and persistent buffers, taken at one moment: a later step waits, or leaves them as they
   * are. A stacked parameter is one entry for each index.
   */
  stateDict(): Promise<Record<string, TensorData>> {
    return readState(this.#state());
  }

  /**
   * Assigns parameters and persistent buffers from host copies, as `stateDict()` or a checkpoint gives them. The
   * assignments are recorded and run with what runs next. 16-bit floats are widened, float32 also to float64.
   *
   * @throws StateError that lists every missing, unexpected and mismatched name; then nothing is assigned.
   */
  loadStateDict(record: Readonly<Record<string, TensorData>>, options: LoadOptions = {}): LoadReport {
    return loadState(this.#state(), record, options);
  }

  /** Fields that are modules or variables, also in arrays, under their names. */
  *#fields(): Generator<[name: string, value: Module | Variable]> {
    for (const [field, value] of Object.entries(this)) {
      const name = snakeCase(field);
      const members: [string, unknown][] = Array.isArray(value)
        ? value.map((member, index) => [`${name}.${index}`, member])
        : [[name, value]];
      for (const [path, member] of members) {
        if (member instanceof Module || member instanceof Variable) yield [path, member];
      }
    }
  }

  /** This module and those below, each under its first path, parents first. */
  #modules(): Map<Module, string> {
    const paths = new Map<Module, string>();
    const visit = (module: Module, path: string): void => {
      if (paths.has(module)) return;
      paths.set(module, path);
      for (const [name, value] of module.#fields()) if (value instanceof Module) visit(value, join(path, name));
    };
    visit(this, "");
    return paths;
  }

  /** Path of a module below this one; its own name is unknown to a module that is not there. */
  #pathTo(module: Module): string {
    if (!this.#paths.has(module)) this.#paths = this.#modules();
    return this.#paths.get(module) ?? "";
  }

  /** All variables with the paths under which they are reached, and the path of the (first) module that holds them. */
  #variables(): Map<Variable, { names: string[]; owner: string }> {
    const places = new Map<Variable, { names: string[]; owner: string }>();
    for (const [module, owner] of this.#modules()) {
      for (const [field, value] of module.#fields()) {
        if (!(value instanceof Variable)) continue;
        const place = places.get(value) ?? { names: [], owner };
        place.names.push(join(owner, field));
        places.set(value, place);
      }
    }
    for (const [variable, { names }] of places) giveName(variable, names[0]);
    return places;
  }

  #named(chosen: (variable: Variable) => boolean): Record<string, Variable> {
    const places = [...this.#variables()].filter(([variable]) => chosen(variable));
    return Object.fromEntries(places.map(([variable, { names }]) => [names[0], variable]));
  }

  #state(): StateEntry[] {
    const persistent = [...this.#variables()].filter(([variable]) => isPersistent(variable));
    return persistent.map(([variable, { names, owner }]) => {
      const sliceName = sliceNameOf(variable);
      const slices =
        sliceName && Array.from({ length: variable.shape[0] }, (_, index) => join(owner, sliceName(index)));
      return { variable, names, slices: slices ?? null };
    });
  }
}

/** Errors name a variable by its path; a longer path, from a module further up, is kept. */
function giveName(variable: Variable, path: string): void {
  if (variable.name !== path && !variable.name.endsWith(`.${path}`)) variable.name = path;
}
