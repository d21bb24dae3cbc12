import {
  ArgumentError,
  checkOptions,
  type Generator,
  isFloat,
  parameter,
  readAll,
  shown,
  type Tensor,
  type TensorData,
  type Variable,
} from "@tsuki/core";
import { Dropout } from "./dropout.ts";
import { normal, zeros } from "./init.ts";
import { Linear } from "./linear.ts";
import type { Module } from "./module.ts";
import { join } from "./names.ts";
import { type LoadReport, loadState, type StateEntry } from "./state.ts";

export interface LoRAOptions {
  /** Width r of the bottleneck. */
  readonly rank: number;
  /** The update counts alpha / rank; default: rank, that is once. */
  readonly alpha?: number;
  /** The probability with which an input of the bottleneck is dropped in training; default 0. */
  readonly dropout?: number;
  /** Decides A and what is dropped. */
  readonly generator?: Generator;
}

const optionNames = ["rank", "alpha", "dropout", "generator"];

/**
 * A linear layer with an update of low rank (Hu et al., "LoRA: low-rank adaptation of large language models"):
 *
 *     y = x·Wᵀ + b + alpha/rank · dropout(x)·Aᵀ·Bᵀ
 *
 * Weight and bias are those of the layer that it wraps, under their old names. A is N(0, 1/in) and B is 0 at first: y is what
 * it was.
 */
export class LoRALinear extends Linear {
  /** [rank, in] */
  readonly loraA: Variable;
  /** [out, rank] */
  readonly loraB: Variable;
  readonly loraDropout: Dropout;
  readonly scale: number;
  readonly #base: Linear;
  #merged = false;

  constructor(base: Linear, options: LoRAOptions) {
    checkOptions("LoRALinear", options, ...optionNames);
    const { rank, alpha = rank, dropout = 0, generator } = options;
    const [outFeatures, inFeatures] = base.weight.shape;
    super({ inFeatures, outFeatures, weight: base.weight });
    this.bias = base.bias;
    if (!Number.isInteger(rank) || rank < 1 || !Number.isFinite(alpha)) {
      throw new ArgumentError(`LoRA: rank is a whole number ≥ 1 and alpha a finite one, not ${rank} and ${alpha}`);
    }
    this.loraA = parameter(normal({ std: 1 / Math.sqrt(inFeatures) })([rank, inFeatures], generator));
    this.loraB = parameter(zeros([outFeatures, rank]));
    this.loraDropout = new Dropout({ p: dropout, generator });
    this.scale = alpha / rank;
    this.training = base.training;
    this.#base = base;
  }

  /** The layer as it was before. */
  get base(): Linear {
    // Its variables may have been replaced by others since.
    this.#base.weight = this.weight;
    this.#base.bias = this.bias;
    return this.#base;
  }

  /** Whether the update is part of the weight now. */
  get merged(): boolean {
    return this.#merged;
  }

  override effectiveWeight(): Tensor {
    const weight = this.base.effectiveWeight();
    return this.#merged ? weight : weight.add(this.#update());
  }

  override forward(x: Tensor): Tensor {
    const y = this.base.forward(x);
    if (this.#merged) return y;
    const inner = this.loraDropout.call(x).matmul(this.loraA.transpose());
    return y.add(inner.matmul(this.loraB.transpose()).mul(this.scale));
  }

  /** W ← W + alpha/rank · B·A; the forward pass then costs what it did before. */
  merge(): void {
    if (this.#merged) return;
    if (!isFloat(this.weight.dtype)) {
      throw new ArgumentError(`LoRA: "${this.weight.name}" is ${this.weight.dtype}, which cannot hold the update`);
    }
    this.weight.assign(this.weight.add(this.#update()).cast(this.weight.dtype));
    this.#merged = true;
  }

  /** W ← W − alpha/rank · B·A: the weight of before, up to rounding. */
  unmerge(): void {
    if (!this.#merged) return;
    this.weight.assign(this.weight.sub(this.#update()).cast(this.weight.dtype));
    this.#merged = false;
  }

  #update(): Tensor {
    return this.loraB.matmul(this.loraA).mul(this.scale);
  }
}

export interface ApplyLoRAOptions extends LoRAOptions {
  /** The linear layers to adapt: a pattern of their paths, or the last parts of them, such as ["q_proj", "v_proj"]. */
  readonly targets: RegExp | readonly string[];
}

/** What `applyLoRA` froze, and `removeLoRA` unfreezes. */
const frozen = new WeakSet<Variable>();

/**
 * Freezes a model and puts a trainable `LoRALinear` in the place of each linear layer that is meant; the model computes what
 * it did. An optimizer over `model.namedParameters()` then moves the updates alone.
 *
 *     applyLoRA(model, { rank: 8, alpha: 16, targets: ["q_proj", "v_proj"] });
 *
 * @returns The paths of the adapted layers.
 * @throws ArgumentError where a target is no linear layer of the model.
 */
export function applyLoRA(model: Module, options: ApplyLoRAOptions): string[] {
  checkOptions("applyLoRA", options, "targets", ...optionNames);
  const { targets, ...adapter } = options;
  const plain = [...model.namedModules()].filter(([, part]) => part instanceof Linear && !(part instanceof LoRALinear));
  const wanted = targets instanceof RegExp ? [targets] : targets;
  if (!Array.isArray(wanted)) {
    throw new ArgumentError(`applyLoRA: targets are a pattern or a list of names, not ${shown(wanted)}`);
  }
  const meant = (target: RegExp | string) => plain.filter(([path]) => isMeant(target, path));
  const unused = wanted.filter((target) => meant(target).length === 0);
  if (wanted.length === 0 || unused.length > 0) {
    throw new ArgumentError(
      `applyLoRA: ${unused.join(", ") || "no target"} matches no linear layer that has no adapter yet; ` +
        `there are ${plain.map(([path]) => path).join(", ")}`,
    );
  }
  const chosen = new Set(wanted.flatMap(meant).map(([, part]) => part));
  for (const variable of model.parameters().filter(({ requiresGrad }) => requiresGrad)) frozen.add(variable);
  model.freeze();
  model.replaceModules((part) => (part instanceof Linear && chosen.has(part) ? new LoRALinear(part, adapter) : part));
  for (const { variable } of entriesOf(model)) variable.requiresGrad = true;
  return plain.flatMap(([path, part]) => (chosen.has(part) ? [path] : []));
}

/** Whether a target names a path: a pattern that it holds, or its last parts. */
function isMeant(target: RegExp | string, path: string): boolean {
  return target instanceof RegExp ? path.search(target) >= 0 : path === target || path.endsWith(`.${target}`);
}

/**
 * Makes every update part of the weights: `LoRALinear.merge`.
 *
 * @throws ArgumentError where another module has the same weight (a tied embedding): it would change too.
 */
export function mergeLoRA(model: Module): void {
  const layers = adapters(model);
  const modules = [...model.namedModules()];
  for (const [path, layer] of layers) {
    const other = modules.find(
      ([, part]) => part !== layer && Object.values(part.ownVariables()).includes(layer.weight),
    );
    if (other) throw new ArgumentError(`mergeLoRA: the weight of ${path} is that of ${other[0]} too; merge neither`);
  }
  for (const [, layer] of layers) layer.merge();
}

/** Undoes `mergeLoRA`, up to rounding. */
export function unmergeLoRA(model: Module): void {
  for (const [, layer] of adapters(model)) layer.unmerge();
}

/**
 * Puts the plain layers back; their weights stay as they are: after `mergeLoRA` with the updates, else without. Parameters
 * that `applyLoRA` froze are trainable again.
 */
export function removeLoRA(model: Module): void {
  model.replaceModules((part) => (part instanceof LoRALinear ? part.base : part));
  for (const variable of model.parameters()) if (frozen.delete(variable)) variable.requiresGrad = true;
}

/** Host copies of the updates alone, taken at one moment: `….q_proj.lora_a` [rank, in] and `….q_proj.lora_b` [out, rank]. */
export function loraStateDict(model: Module): Promise<Record<string, TensorData>> {
  return readAll(Object.fromEntries(entriesOf(model).map(({ names: [name], variable }) => [name, variable])));
}

/**
 * Assigns the updates of a model from host copies, as `loraStateDict` gives them.
 *
 * @throws StateError that lists every missing, unexpected and mismatched name; then nothing is assigned. ArgumentError where
 *   updates are merged: unmerge first.
 */
export function loadLoRAStateDict(model: Module, record: Readonly<Record<string, TensorData>>): LoadReport {
  const merged = adapters(model).find(([, layer]) => layer.merged);
  if (merged) {
    throw new ArgumentError(`loadLoRAStateDict: the update of "${merged[0]}" is merged; unmergeLoRA() first`);
  }
  return loadState(entriesOf(model), record, {}, "loadLoRAStateDict");
}

function adapters(model: Module): [path: string, layer: LoRALinear][] {
  return [...model.namedModules()].flatMap(([path, part]) =>
    part instanceof LoRALinear ? [[path, part] as [string, LoRALinear]] : [],
  );
}

function entriesOf(model: Module): StateEntry[] {
  return adapters(model).flatMap(([path, { loraA, loraB }]) => [
    { variable: loraA, names: [join(path, "lora_a")], slices: null },
    { variable: loraB, names: [join(path, "lora_b")], slices: null },
  ]);
}
