import { type Device, noGrad, type Tensor, together, type Variable } from "@tsuki/core";
import { loadStates, type OptimizerState, type OptimizerStateDict, type SavedOptimizerState } from "./state.ts";

export interface UpdateOptions {
  /** Whether gradients stay readable (and the next `backward()` adds to them); default: they are consumed. */
  readonly retainGradients?: boolean;
}

/** An optimizer as a training loop sees it; one of one kind, or several that step as one. */
export abstract class Optimizer {
  /** What it consists of: itself, or the optimizers that it combines. */
  protected abstract parts(): readonly OptimizerPart[];

  /** The parameters of all groups, in their order, by name. */
  get parameters(): ReadonlyMap<string, Variable> {
    return new Map(this.parts().flatMap((part) => [...part.ownParameters]));
  }

  /**
   * Records the update of every parameter that has a gradient: it is carried out with what runs next, as one plan with the
   * forward and backward pass. A parameter without a gradient stays as it is, and so does its state.
   */
  update(options: UpdateOptions = {}): void {
    together(() =>
      noGrad(() => {
        for (const part of this.parts()) part.record(options);
      }),
    );
  }

  /** `update()`, and runs what is pending; resolves when it has run. */
  step(options: UpdateOptions = {}): Promise<void> {
    this.update(options);
    return this.parts()[0].device.realize([]);
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
    const all = this.parts().map((part) => part.state.entries());
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
    loadStates(
      this.parts().map((part) => part.state),
      saved,
    );
  }
}

/** What `Optimizer` asks of each optimizer that it consists of. */
export interface OptimizerPart {
  readonly device: Device;
  readonly ownParameters: ReadonlyMap<string, Variable>;
  readonly state: OptimizerState;
  readonly ownUpdateRms: ReadonlyMap<string, Tensor>;
  logsUpdateRms: boolean;
  setOwnLr(lr: number): void;
  record(options: UpdateOptions): void;
}
