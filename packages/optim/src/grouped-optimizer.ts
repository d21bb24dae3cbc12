import { ArgumentError, Device, full, scope, type Tensor, type Variable } from "@tsuki/core";
import { checkNumber } from "./check-number.ts";
import { computeFloat } from "./matrices.ts";
import { Optimizer, type OptimizerPart, type UpdateOptions } from "./optimizer.ts";
import { entriesOf, type Parameters } from "./parameters.ts";
import { OptimizerState, type ParameterState } from "./state.ts";

/** What the parameter groups of every optimizer have. All numbers may be changed between updates. */
export interface GroupOptions {
  /** Learning rate; default: 1e-3. */
  lr: number;
  /** Decoupled weight decay: W ← W·(1 − lr·weightDecay) before each update; default: 0.1. */
  weightDecay: number;
}

/** Parameters that share options, as a constructor takes them. */
export type GroupInput<Options extends GroupOptions> = Partial<Options> & { readonly params: Parameters };

/** Parameters that share options. */
export type ParameterGroup<Options extends GroupOptions> = Options & {
  readonly params: readonly (readonly [name: string, parameter: Variable])[];
};

/** A parameter that has a gradient. */
export interface Ready {
  readonly name: string;
  readonly parameter: Variable;
  readonly gradient: Tensor;
  readonly state: ParameterState;
}

/** What a kind of optimizer is. */
export interface OptimizerKind<Options extends GroupOptions> {
  /** Lower case, for module paths. */
  readonly name: string;
  readonly defaults: Options;
  /** Names of the state variables of a parameter. */
  readonly slots: readonly string[];
  /** Throws where options make no sense. */
  check(options: Options): void;
}

/** An optimizer of one kind over parameter groups: W ← W·(1 − lr·weightDecay) − lr·u. A kind says what u is. */
export abstract class GroupedOptimizer<Options extends GroupOptions> extends Optimizer implements OptimizerPart {
  readonly groups: readonly ParameterGroup<Options>[];
  readonly ownParameters: ReadonlyMap<string, Variable>;
  readonly device: Device;
  readonly dtype: "float32" | "float64";
  readonly state: OptimizerState;
  logsUpdateRms = false;
  readonly #kind: OptimizerKind<Options>;
  readonly #updateRms = new Map<string, Tensor>();

  constructor(
    kind: OptimizerKind<Options>,
    params: Parameters | readonly GroupInput<Options>[],
    options: Partial<Options>,
  ) {
    super();
    this.#kind = kind;
    const inputs = isGroups(params) ? params : [{ params } as GroupInput<Options>];
    this.groups = inputs.map((input) => {
      return { ...kind.defaults, ...options, ...input, params: entriesOf(input.params) };
    });
    for (const group of this.groups) {
      checkNumber(kind.name, "lr", group.lr);
      checkNumber(kind.name, "weightDecay", group.weightDecay);
      kind.check(group);
    }
    this.ownParameters = unique(kind.name, this.groups);
    const [first] = this.ownParameters.values();
    this.device = deviceOf(kind.name, first);
    this.dtype = computeFloat(kind.name, first);
    for (const [name, { device, dtype }] of this.ownParameters) {
      if (device === this.device && dtype === this.dtype) continue;
      throw new ArgumentError(
        `${kind.name}: "${name}" is ${dtype} on "${device.name}", parameters before it are ${this.dtype} on ` +
          `"${this.device.name}"; make one optimizer for each`,
      );
    }
    this.state = new OptimizerState(this.ownParameters, kind.slots);
  }

  /** Assigns the state, and gives the update u of each parameter, in its shape. */
  protected abstract updatesOf(group: ParameterGroup<Options>, ready: readonly Ready[]): Tensor[];

  protected override parts(): readonly OptimizerPart[] {
    return [this];
  }

  get ownUpdateRms(): ReadonlyMap<string, Tensor> {
    return this.#updateRms;
  }

  setOwnLr(lr: number): void {
    checkNumber(this.#kind.name, "lr", lr);
    for (const group of this.groups) group.lr = lr;
  }

  record({ retainGradients = false }: UpdateOptions): void {
    this.#updateRms.clear();
    for (const group of this.groups) scope(this.#kind.name, () => this.#recordGroup(group, retainGradients));
  }

  #recordGroup(group: ParameterGroup<Options>, retainGradients: boolean): void {
    const ready = group.params.flatMap(([name, parameter]): Ready[] => {
      const { grad } = parameter;
      return grad ? [{ name, parameter, gradient: grad.read(), state: this.state.of(name) }] : [];
    });
    for (const { state } of ready) state.steps++;
    const updates = this.updatesOf(group, ready);
    const lr = this.number(group.lr);
    const kept = this.number(1 - group.lr * group.weightDecay);
    for (const [i, { name, parameter }] of ready.entries()) {
      parameter.assign(parameter.mul(kept).sub(updates[i].mul(lr)));
      if (this.logsUpdateRms) this.#updateRms.set(name, updates[i].square().mean().sqrt().keep());
      if (!retainGradients) parameter.consumeGrad();
    }
  }

  /** A run-time number, which several parameters may share. */
  protected number(value: number): Tensor {
    return full([], value, { dtype: this.dtype });
  }
}

function isGroups<Options extends GroupOptions>(
  params: Parameters | readonly GroupInput<Options>[],
): params is readonly GroupInput<Options>[] {
  return Array.isArray(params) && params.length > 0 && params.every((entry) => "params" in entry);
}

function unique<Options extends GroupOptions>(
  kind: string,
  groups: readonly ParameterGroup<Options>[],
): ReadonlyMap<string, Variable> {
  const byName = new Map<string, Variable>();
  const names = new Map<Variable, string>();
  for (const [name, parameter] of groups.flatMap((group) => group.params)) {
    const other = names.get(parameter);
    if (other !== undefined)
      throw new ArgumentError(`${kind}: "${other}" and "${name}" are one parameter; give it once`);
    if (byName.has(name))
      throw new ArgumentError(`${kind}: two parameters are named "${name}"; give a record of names`);
    names.set(parameter, name);
    byName.set(name, parameter);
  }
  if (byName.size === 0) throw new ArgumentError(`${kind}: no parameters were given`);
  return byName;
}

function deviceOf(kind: string, { device, name }: Variable): Device {
  if (device instanceof Device) return device;
  throw new ArgumentError(`${kind}: "${name}" lives on "${device.name}", which runs nothing`);
}
