import { ArgumentError, isFloat, scope, shown, type TensorData, Variable } from "@tsuki/core";
import { Hooks } from "./hooks.ts";
import { join, snakeCase } from "./names.ts";
import { isBuffer, isPersistent, sliceNameOf } from "./roles.ts";
import { type LoadOptions, type LoadReport, loadState, readState, type StateEntry } from "./state.ts";

/** Sees what a module is given, and may give it something else. */
export type ForwardPreHook<Args extends unknown[], Result> = (
  module: Module<Args, Result>,
  args: Args,
) => Args | undefined;

/** Sees what a module computed, and may put something else in its place. */
export type ForwardHook<Args extends unknown[], Result> = (
  module: Module<Args, Result>,
  args: Args,
  output: Result,
) => Result | undefined;

/** A module or a variable that is a field, or is in one. */
interface Field {
  readonly name: string;
  readonly value: Module | Variable;
  /** Puts another in its place. */
  readonly put: (other: Module | Variable) => void;
}

/** The module whose `forward` runs now: it names the modules that it calls. */
let caller: Module | null = null;

/**
 * A part of a model: variables, other modules, and what it computes from its inputs.
 *
 * Children and variables are public fields: a `Module`, a `Variable`, or arrays, Maps and plain objects of them, nested as
 * they like. What `buffer()` made is a buffer, any other variable a parameter, frozen where it requires no gradient. Names
 * are those of the fields in snake case, as checkpoints write them, with the indices and keys as they are:
 * `this.layers[0].selfAttn.qProj.weight` is `layers.0.self_attn.q_proj.weight`. The order is that of declaration, a module's
 * own variables before those of its children. What is reached twice (tied weights, a shared module) is listed under its
 * first name.
 *
 * What a `#private` field holds is not part of the module: nothing lists it, so it is neither trained nor saved, and keeps
 * its mode. That is for modules that belong to another one, or to nobody, such as a teacher.
 *
 * A subclass defines `forward`; users and other modules use `call`, so that errors name the module's path. `Module`
 * without type arguments is any module.
 */
export abstract class Module<Args extends unknown[] = never, Result = unknown> {
  /** Whether dropout drops and statistics are recorded; `train()` and `eval()` set it. */
  training = true;
  readonly #paths = new Map<Module, string>();
  readonly #preHooks = new Hooks();
  readonly #hooks = new Hooks();

  /** What the module computes. */
  abstract forward(...args: Args): Result;

  /** Runs `forward` with the module's path in the names of errors, such as `model.layers.1.mlp`. */
  call(...args: Args): Result {
    const outer = caller;
    const path = outer === null ? "" : outer.#pathTo(this);
    caller = this;
    try {
      return path === "" ? this.#run(args) : scope(path, () => this.#run(args));
    } finally {
      caller = outer;
    }
  }

  #run(args: Args): Result {
    const given = this.#preHooks.pass(args, args) as Args;
    if (!Array.isArray(given)) {
      throw new ArgumentError(`a forward pre-hook returns the list of arguments or nothing, not ${shown(given)}`);
    }
    return this.#hooks.pass(this.forward(...given), given) as Result;
  }

  /**
   * Calls a function before each `forward`; arguments that it returns take the place of the given ones.
   *
   * @returns What removes it.
   */
  registerForwardPreHook<A extends unknown[] | [], R>(this: Module<A, R>, hook: ForwardPreHook<A, R>): () => void {
    return this.#preHooks.add((args) => hook(this, args as A));
  }

  /**
   * Calls a function after each `forward`; what it returns takes the place of the output.
   *
   *     const remove = model.norm.registerForwardHook((_module, _args, output) => {
   *       hidden = output.keep();
   *     });
   *
   * @returns What removes it.
   */
  registerForwardHook<A extends unknown[], R>(this: Module<A, R>, hook: ForwardHook<A, R>): () => void {
    return this.#hooks.add((output, args) => hook(this, args as A, output as R));
  }

  /** The module itself (named "") and all modules below by their paths, parents first. */
  namedModules(): Map<string, Module> {
    return new Map([...this.#modules()].map(([module, path]) => [path, module]));
  }

  /** The parameters of this module and those below, frozen ones too. */
  namedParameters(): Record<string, Variable> {
    return this.#named((variable) => !isBuffer(variable));
  }

  /** The parameters of this module and those below, frozen ones too. An optimizer skips those without a gradient. */
  parameters(): Variable[] {
    return Object.values(this.namedParameters());
  }

  /** What `buffer()` made, of this module and those below. */
  namedBuffers(): Record<string, Variable> {
    return this.#named(isBuffer);
  }

  /** The variables that are fields of this module itself, by their names within it. */
  ownVariables(): Record<string, Variable> {
    const fields = [...this.#fields()];
    return Object.fromEntries(fields.flatMap(({ name, value }) => (value instanceof Variable ? [[name, value]] : [])));
  }

  /** Freezes all parameters: none of them gets a gradient until `unfreeze()`. */
  freeze(): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = false;
    return this;
  }

  /** Undoes `freeze()`, for all parameters that may have a gradient: weights in int8 stay frozen. */
  unfreeze(): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = isFloat(parameter.dtype);
    return this;
  }

  /**
   * Puts other modules in the places of modules below; `replace` returns the given one where it stays. One that is reached
   * twice is asked for once. It is the caller's to see that the new one does for the field's type.
   */
  replaceModules(replace: (module: Module, path: string) => Module): void {
    const chosen = new Map<Module, Module>();
    for (const [module, path] of this.#modules()) {
      for (const { name, value, put } of module.#fields()) {
        if (!(value instanceof Module)) continue;
        const other = chosen.get(value) ?? replace(value, join(path, name));
        chosen.set(value, other);
        if (other !== value) put(other);
      }
    }
  }

  /**
   * Puts other variables in the places of this module's and of those below; `replace` returns the given one where it stays.
   * One that is reached twice (tied) is asked for once.
   */
  replaceVariables(replace: (variable: Variable, path: string) => Variable): void {
    const chosen = new Map<Variable, Variable>();
    for (const [module, path] of this.#modules()) {
      for (const { name, value, put } of module.#fields()) {
        if (!(value instanceof Variable)) continue;
        const other = chosen.get(value) ?? replace(value, join(path, name));
        chosen.set(value, other);
        if (other !== value) put(other);
      }
    }
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
   * assignments are recorded and run with what runs next. Values take the dtype of their variable where that loses nothing,
   * and are rounded to a storage dtype.
   *
   * @throws StateError that lists every missing, unexpected and mismatched name; then nothing is assigned.
   */
  loadStateDict(record: Readonly<Record<string, TensorData>>, options: LoadOptions = {}): LoadReport {
    return loadState(this.#state(), record, options);
  }

  /** Fields that are modules or variables, also in arrays, Maps and plain objects. */
  *#fields(): Generator<Field> {
    for (const [key, value] of Object.entries(this)) {
      yield* fieldsOf(snakeCase(key), value, (other) => Object.assign(this, { [key]: other }), new Set());
    }
  }

  /** This module and those below, each under its first path, parents first. */
  #modules(): Map<Module, string> {
    const paths = new Map<Module, string>();
    const visit = (module: Module, path: string): void => {
      if (paths.has(module)) return;
      paths.set(module, path);
      for (const { name, value } of module.#fields()) if (value instanceof Module) visit(value, join(path, name));
    };
    visit(this, "");
    return paths;
  }

  /** Path of a module below this one; its own name is unknown to a module that is not there. */
  #pathTo(module: Module): string {
    const known = this.#paths.get(module) ?? this.#modules().get(module) ?? "";
    this.#paths.set(module, known);
    return known;
  }

  /** All variables with the paths under which they are reached, and the path of the (first) module that holds them. */
  #variables(): Map<Variable, { names: string[]; owner: string }> {
    const places = new Map<Variable, { names: string[]; owner: string }>();
    for (const [module, owner] of this.#modules()) {
      for (const { name, value } of module.#fields()) {
        if (!(value instanceof Variable)) continue;
        const place = places.get(value) ?? { names: [], owner };
        place.names.push(join(owner, name));
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

/** @param above What holds the value: something that holds itself is entered once. */
function* fieldsOf(name: string, value: unknown, put: Field["put"], above: ReadonlySet<unknown>): Generator<Field> {
  if (value instanceof Module || value instanceof Variable) yield { name, value, put };
  if (!isContainer(value) || above.has(value)) return;
  const within = new Set(above).add(value);
  const isMap = value instanceof Map;
  for (const [key, member] of isMap ? value : Object.entries(value)) {
    const replace: Field["put"] = (other) => (isMap ? value.set(key, other) : Object.assign(value, { [key]: other }));
    yield* fieldsOf(join(name, String(key)), member, replace, within);
  }
}

/** Whether it is an array, a Map or an object of a literal. */
function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
}

/** Errors name a variable by its path; a longer path, from a module further up, is kept. */
function giveName(variable: Variable, path: string): void {
  if (variable.name !== path && !variable.name.endsWith(`.${path}`)) variable.name = path;
}
