import { checkOptions, type Device, noGrad, type Tensor, together, type Variable } from "@tsuki/core";
import type { GroupOptions, ParameterGroup } from "./groups.ts";
import { loadStates, type OptimizerStateDict, type SavedOptimizerState, type Stateful } from "./state.ts";
import { StepGuard } from "./step-guard.ts";

/** What every optimizer's constructor takes beside the options of its groups. */
export interface OptimizerOptions {
  /**
   * Whether a step with a gradient that is not finite is skipped: the plan itself decides, and then leaves parameters
   * and state as they are, bit for bit; default: false.
   */
  readonly skipNonFinite?: boolean;
}

export interface UpdateOptions {
  /** Whether gradients stay readable (and the next `backward()` adds to them); default: they are consumed. */
  readonly retainGradients?: boolean;
  /**
   * What `clipGradNorm` gave: with `skipNonFinite` this scalar is looked at, instead of all gradients once more. It is
   * also infinite where the gradients are finite, but not the sum of their squares; clipping has then made them 0.
   */
  readonly gradNorm?: Tensor;
}

/** An optimizer as a training loop sees it; one of one kind, or several that step as one. */
export abstract class Optimizer {
  /** The parameter groups, whose numbers may be changed between updates. */
  abstract readonly groups: readonly ParameterGroup<GroupOptions>[];
  readonly skipNonFinite: boolean;
  #guard: StepGuard | null = null;
  #applied: Tensor | null = null;

  constructor({ skipNonFinite = false }: OptimizerOptions) {
    this.skipNonFinite = skipNonFinite;
  }

  /** What it consists of: itself, or the optimizers that it combines. */
  protected abstract parts(): readonly OptimizerPart[];

  /** The parameters of all groups, in their order, by name. */
  get parameters(): ReadonlyMap<string, Variable> {
    return new Map(this.parts().flatMap((part) => [...part.ownParameters]));
  }

  /**
   * Records the update of every parameter that has a gradient: it is carried out with what runs next, as one plan with the
   * forward and backward pass. A parameter that is frozen or has no gradient stays as it is, and so does its state.
   *
   * @throws ArgumentError where a group's options make no sense, and DTypeError where a parameter has been unfrozen that is
   *   neither float32 nor float64; nothing is recorded then.
   */
  update(options: UpdateOptions = {}): void {
    checkOptions("update", options, "retainGradients", "gradNorm");
    for (const part of this.parts()) part.check();
    together(() =>
      noGrad(() => {
        this.#applied = this.#decide(options.gradNorm ?? null);
        for (const part of this.parts()) part.record(options, this.#applied);
      }),
    );
  }

  /** `update()`, and runs what is pending; resolves when it has run. */
  step(options: UpdateOptions = {}): Promise<void> {
    this.update(options);
    return this.parts()[0].device.realize([]);
  }

  /**
   * Whether the last update is carried out, a bool scalar that is there after `step()`: for what is to be skipped with it,
   * such as `WeightAverage.update`. `null` without `skipNonFinite`, or where nothing had a gradient.
   */
  get applied(): Tensor | null {
    return this.#applied;
  }

  /** How many updates `skipNonFinite` has skipped. */
  async skippedSteps(): Promise<number> {
    return (await this.#guardOf().skipped?.read().item()) ?? 0;
  }

  /** Sets the learning rate of every parameter group: a run-time number, it never compiles a plan anew. */
  setLr(lr: number): void {
    for (const part of this.parts()) part.setOwnLr(lr);
  }

  /** Drops the gradients that are held. */
  zeroGrad(): void {
    for (const parameter of this.parameters.values()) parameter.zeroGrad();
  }

  /** Whether updates keep their root mean squares for `updateRms()`. */
  logUpdateRms(on: boolean): void {
    for (const part of this.parts()) part.logsUpdateRms = on;
  }

  /**
   * √mean(u²) of each parameter's last update W ← W·(1 − lr·weightDecay) − lr·u, as scalars that are there after `step()`
   * without computing anything again; empty unless `logUpdateRms(true)`.
   */
  updateRms(): ReadonlyMap<string, Tensor> {
    return new Map(this.parts().flatMap((part) => [...part.ownUpdateRms]));
  }

  /** The state for a checkpoint: variables to be read in one capture with the weights, and step counts. */
  stateDict(): OptimizerStateDict {
    const all = this.#stateful().map((state) => state.entries());
    return {
      tensors: Object.assign({}, ...all.map(({ tensors }) => tensors)),
      steps: Object.assign({}, ...all.map(({ steps }) => steps)),
    };
  }

  /**
   * Replaces the state by a saved one; training then goes on bit for bit.
   *
   * @throws StateError that names everything missing, unexpected or of the wrong shape; nothing is changed then.
   */
  loadStateDict(saved: SavedOptimizerState): void {
    loadStates(this.#stateful(), saved);
  }

  #decide(norm: Tensor | null): Tensor | null {
    if (!this.skipNonFinite) return null;
    const gradients = [...this.parameters.values()].flatMap(({ grad, requiresGrad }) =>
      grad && requiresGrad ? [grad] : [],
    );
    return gradients.length > 0 ? this.#guardOf().decide(gradients, norm).keep() : null;
  }

  #stateful(): readonly Stateful[] {
    return [...this.parts().map((part) => part.state), this.#guardOf()];
  }

  #guardOf(): StepGuard {
    this.#guard ??= new StepGuard(this.parts()[0].device);
    return this.#guard;
  }
}

/** What `Optimizer` asks of each optimizer that it consists of. */
export interface OptimizerPart {
  readonly device: Device;
  readonly groups: readonly ParameterGroup<GroupOptions>[];
  readonly ownParameters: ReadonlyMap<string, Variable>;
  readonly skipNonFinite: boolean;
  readonly state: Stateful;
  readonly ownUpdateRms: ReadonlyMap<string, Tensor>;
  logsUpdateRms: boolean;
  setOwnLr(lr: number): void;
  /** Throws where options, which may have been changed, make no sense. */
  check(): void;
  /** `applied`: where this bool scalar is false, nothing changes. */
  record(options: UpdateOptions, applied: Tensor | null): void;
}
