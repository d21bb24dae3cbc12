import {
  ArgumentError,
  checkOptions,
  Device,
  DTypeError,
  full,
  onesLike,
  scope,
  type Tensor,
  type Variable,
  where,
} from "@tsuki/core";
import { checkChoice, checkNumber } from "./checks.ts";
import {
  checkGroup,
  type GroupInput,
  type GroupOptions,
  groupsOf,
  type OptimizerKind,
  type ParameterGroup,
  parametersOf,
} from "./groups.ts";
import { Optimizer, type OptimizerOptions, type OptimizerPart, type UpdateOptions } from "./optimizer.ts";
import type { Parameters } from "./parameters.ts";
import { OptimizerState, type ParameterState } from "./state.ts";
import { countSkipped } from "./step-guard.ts";

/** A parameter that has a gradient. */
export interface Ready {
  readonly name: string;
  readonly parameter: Variable;
  readonly gradient: Tensor;
  /** By slot, before the update. */
  readonly state: Readonly<Record<string, Variable>>;
  /** Updates carried out, this one included: a scalar of the device where some of them may have been skipped. */
  readonly count: number | Tensor;
}

/** What becomes of such a parameter. */
export interface Update {
  /** u, in the parameter's shape. */
  readonly update: Tensor;
  /** By slot, after the update. */
  readonly state: Readonly<Record<string, Tensor>>;
}

/**
 * An optimizer of one kind over parameter groups: W ← W·(1 − lr·weightDecay) − lr·u. A kind says what u is. Parameters that
 * are frozen, of any dtype, have no part in it until they are unfrozen.
 */
export abstract class GroupedOptimizer<Options extends GroupOptions> extends Optimizer implements OptimizerPart {
  override readonly groups: readonly ParameterGroup<Options>[];
  readonly ownParameters: ReadonlyMap<string, Variable>;
  readonly device: Device;
  readonly state: OptimizerState;
  logsUpdateRms = false;
  readonly #kind: OptimizerKind<Options>;
  readonly #updateRms = new Map<string, Tensor>();
  /** `null` until a parameter is trained. */
  #dtype: "float32" | "float64" | null = null;

  constructor(
    kind: OptimizerKind<Options>,
    params: Parameters | readonly GroupInput<Options>[],
    options: Partial<Options> & OptimizerOptions,
  ) {
    checkOptions(kind.name, options, ...Object.keys(kind.defaults), "skipNonFinite");
    const { skipNonFinite = false, ...groupOptions } = options;
    checkChoice(kind.name, "skipNonFinite", skipNonFinite, [true, false]);
    super({ skipNonFinite });
    this.#kind = kind;
    this.groups = groupsOf(kind, params, groupOptions as Partial<Options>);
    this.ownParameters = parametersOf(kind.name, this.groups);
    const all = [...this.ownParameters.values()];
    this.device = deviceOf(kind.name, all.find(({ requiresGrad }) => requiresGrad) ?? all[0]);
    this.#checkTrained();
    const groupOf = new Map(this.groups.flatMap((group) => group.params.map(([name]) => [name, group] as const)));
    this.state = new OptimizerState(this.ownParameters, {
      slots: (name) => kind.slots(groupOf.get(name) as ParameterGroup<Options>),
      counts: kind.counts,
    });
  }

  /** In what it computes: that of what is trained. */
  get dtype(): "float32" | "float64" {
    return this.#dtype ?? "float32";
  }

  /** The update of each parameter, and its state after it. */
  protected abstract updatesOf(group: ParameterGroup<Options>, ready: readonly Ready[]): Update[];

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

  check(): void {
    this.#checkTrained();
    for (const group of this.groups) checkGroup(this.#kind, group);
  }

  record({ retainGradients = false }: UpdateOptions, applied: Tensor | null): void {
    this.#updateRms.clear();
    for (const group of this.groups) {
      scope(this.#kind.name, () => this.#recordGroup(group, applied));
      if (retainGradients) continue;
      for (const [, parameter] of group.params) parameter.consumeGrad();
    }
  }

  #recordGroup(group: ParameterGroup<Options>, applied: Tensor | null): void {
    const ready = this.#ready(group, applied);
    const updates = this.updatesOf(group, ready);
    const lr = this.number(group.lr);
    const kept = this.number(1 - group.lr * group.weightDecay);
    const assign = (variable: Variable, value: Tensor): void =>
      variable.assign(applied ? where(applied, value, variable) : value);
    for (const [i, { name, parameter, state }] of ready.entries()) {
      const { update, state: next } = updates[i];
      const decay = group.cautiousWeightDecay ? where(update.mul(parameter).ge(0), kept, onesLike(kept)) : kept;
      for (const [slot, value] of Object.entries(next)) assign(state[slot], value);
      assign(parameter, parameter.mul(decay).sub(update.mul(lr)));
      if (this.logsUpdateRms) this.#updateRms.set(name, update.square().mean().sqrt().keep());
    }
  }

  /** Those that are trained are of one dtype and device, now that others may be frozen. */
  #checkTrained(): void {
    for (const [name, parameter] of this.ownParameters) {
      const { device, dtype, requiresGrad } = parameter;
      if (!requiresGrad) continue;
      if (dtype !== "float32" && dtype !== "float64") {
        throw new DTypeError(
          `${this.#kind.name}: "${name}" is ${dtype}, and what is trained is float32 or float64: cast it ` +
            `(castParameters), or freeze it and train others, such as adapters (applyLoRA)`,
        );
      }
      this.#dtype ??= dtype;
      if (device === this.device && dtype === this.#dtype) continue;
      throw new ArgumentError(
        `${this.#kind.name}: "${name}" is ${dtype} on "${device.name}", parameters before it are ${this.#dtype} on ` +
          `"${this.device.name}"; make one optimizer for each`,
      );
    }
  }

  /** The parameters that have a gradient, each given one more update. */
  #ready({ params }: ParameterGroup<Options>, applied: Tensor | null): Ready[] {
    return params.flatMap(([name, parameter]): Ready[] => {
      const { grad, requiresGrad } = parameter;
      if (!grad || !requiresGrad) return [];
      const state = this.state.of(name, applied !== null);
      state.steps++;
      const count = this.#count(state);
      if (applied && state.skipped) state.skipped.assign(countSkipped(state.skipped, applied));
      return [{ name, parameter, gradient: grad.read(), state: state.variables, count }];
    });
  }

  #count({ steps, skipped }: ParameterState): number | Tensor {
    return skipped ? this.number(steps).sub(skipped.cast(this.dtype)) : steps;
  }

  /** A run-time number, which several parameters may share. */
  protected number(value: number): Tensor {
    return full([], value, { dtype: this.dtype });
  }
}

function deviceOf(kind: string, { device, name }: Variable): Device {
  if (device instanceof Device) return device;
  throw new ArgumentError(`${kind}: "${name}" lives on "${device.name}", which runs nothing`);
}
