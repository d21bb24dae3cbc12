import {
  ArgumentError,
  add,
  checkOptions,
  defaultDevice,
  defaultGenerator,
  fromData,
  readAll,
  realize,
  StateError,
  type Tensor,
  type TensorData,
  TsukiError,
  type Variable,
} from "@tsuki/core";
import type { Module } from "@tsuki/nn";
import { clipGradNorm, type Optimizer, type Schedule } from "@tsuki/optim";
import type { Checkpoint, MicroBatch } from "./checkpoint.ts";
import type { RunEvent, StepEvent, ValidationEvent } from "./events.ts";
import type { BatchSource, Stateful } from "./stateful.ts";

/** What is to be minimised, and what is told of a batch. All are scalars. */
export interface Objective {
  readonly loss: Tensor;
  /** What the step's event gives as its loss; default: the loss. A language model's cross-entropy without auxiliary losses. */
  readonly reported?: Tensor;
  readonly metrics?: Readonly<Record<string, Tensor>>;
}

/** The loss of a step, or the norm of its gradients, is not finite: the weights are lost, the last checkpoint is not. */
export class NonFiniteLossError extends TsukiError {}

/** What a validation found. */
export interface Validation {
  readonly loss: number;
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface TrainerOptions<B> {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly batches: BatchSource<B>;
  /** The learning rate by the number of steps done. */
  readonly schedule: Schedule;
  readonly loss: (batch: B) => Objective | Tensor;
  /** Tokens (or examples) of a batch. */
  readonly batchTokens: number;
  /** Batches whose mean gradient is one step's; default: 1. */
  readonly accumulate?: number;
  /** Largest global norm of the gradients; default: `Infinity`, the norm is only measured. */
  readonly clip?: number;
  /** Records what belongs to the step and follows the update, in the same plan: router biases, an average of the weights. */
  readonly afterUpdate?: () => void;
  readonly validate?: (part: ValidationEvent["part"]) => Promise<Validation>;
  /** Steps between those that tell of update RMS and expert loads as well; default: 10. */
  readonly observeEvery?: number;
  /** The optimizer, or group, whose update RMS a parameter counts for; default: all are one group, "parameters". */
  readonly updateGroup?: (parameter: string) => string;
  /** Loads of the experts in this step, each layer's over its mean: [E] a layer. Called before `afterUpdate`. */
  readonly expertLoad?: () => readonly Tensor[];
  /** What else has a state that a checkpoint must hold: generators of random numbers, an average. */
  readonly state?: Readonly<Record<string, Stateful>>;
  /** Hears of every step and validation. */
  readonly listen?: (event: RunEvent) => void;
}

const optionNames = [
  "model",
  "optimizer",
  "batches",
  "schedule",
  "loss",
  "batchTokens",
  "accumulate",
  "clip",
  "afterUpdate",
  "validate",
  "observeEvery",
  "updateGroup",
  "expertLoad",
  "state",
  "listen",
];

/** Scalars that are there once the step has run. */
interface Pending {
  readonly loss: Tensor;
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/**
 * A training in progress: its steps, each of which is one plan (forward and backward pass, clipping, update and what follows
 * it), and all that a checkpoint needs for it to go on bit for bit. It knows no files: `@tsuki/train/node` does.
 *
 *     const trainer = new Trainer({ model, optimizer, batches, schedule, loss: (ids) => …, batchTokens });
 *     while (trainer.step < 100) console.log(await trainer.train());
 *     const checkpoint = await trainer.checkpoint();
 */
export class Trainer<B> {
  /** Steps done. */
  step = 0;
  /** The last one, and the least; `null` before the first validation. */
  validationLoss: number | null = null;
  bestLoss: number | null = null;
  readonly #options: TrainerOptions<B>;
  readonly #accumulate: number;
  #accumulated: (Pending | MicroBatch)[] = [];
  #secondsBefore = 0;
  #began = performance.now();

  /** @throws ArgumentError where a number makes no sense */
  constructor(options: TrainerOptions<B>) {
    checkOptions("Trainer", options, ...optionNames);
    const { accumulate = 1, observeEvery = 10, batchTokens } = options;
    for (const [name, value] of Object.entries({ accumulate, observeEvery, batchTokens })) {
      if (!(Number.isSafeInteger(value) && value >= 1)) {
        throw new ArgumentError(`Trainer: ${name} is a whole number ≥ 1, not ${String(value)}`);
      }
    }
    this.#options = options;
    this.#accumulate = accumulate;
  }

  /** Seconds of training so far, without the time between a stop and `restore`. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#began) / 1000;
  }

  /** Tokens (or examples) of the steps done. */
  get tokens(): number {
    return this.step * this.#accumulate * this.#options.batchTokens;
  }

  /** Micro-batches of the step that has begun. */
  get accumulated(): number {
    return this.#accumulated.length;
  }

  /**
   * One step. Where the signal comes between its micro-batches it stops there, and gives `null`: the next call, or that of
   * a trainer restored from a checkpoint, takes the others.
   *
   * @throws NonFiniteLossError
   */
  async train(signal?: AbortSignal): Promise<StepEvent | null> {
    const began = performance.now();
    const { optimizer, schedule, batches, clip = Number.POSITIVE_INFINITY, afterUpdate } = this.#options;
    while (this.accumulated < this.#accumulate) {
      if (this.accumulated > 0 && signal?.aborted) return null;
      this.#backward(await batches.next());
    }
    const lr = schedule(this.step);
    const norm = clipGradNorm(optimizer.parameters, clip);
    const observed = this.#observe();
    optimizer.setLr(lr);
    optimizer.update();
    const updates = observed ? optimizer.updateRms() : new Map<string, Tensor>();
    afterUpdate?.();
    await realize();
    const reports = await Promise.all(this.#accumulated.map(read));
    this.#accumulated = [];
    this.step++;
    const loss = mean(reports.map((report) => report.loss));
    const gradNorm = await norm.item();
    if (!Number.isFinite(loss)) throw new NonFiniteLossError(`the loss of step ${this.step} is ${loss}`);
    if (!Number.isFinite(gradNorm)) {
      throw new NonFiniteLossError(`the gradient norm of step ${this.step} is ${gradNorm}`);
    }
    const metrics = meanOfEach(reports.map((report) => report.metrics));
    const tokens = this.#accumulate * this.#options.batchTokens;
    const event: StepEvent = {
      ...this.#moment("step"),
      loss,
      lr,
      gradNorm,
      tokensPerSecond: (tokens * 1000) / (performance.now() - began),
      ...(Object.keys(metrics).length > 0 && { metrics }),
      ...(observed && { updateRms: await this.#updateRms(updates) }),
    };
    this.#tell(event);
    if (observed && observed.length > 0) {
      const load = await Promise.all(observed.map(async (layer) => [...(await layer.data())]));
      this.#tell({ ...this.#moment("experts"), load });
    }
    return event;
  }

  /** @throws StateError where the options have no `validate` */
  async validate(part: ValidationEvent["part"]): Promise<ValidationEvent> {
    const { validate } = this.#options;
    if (!validate) throw new StateError("Trainer: its options have no validate");
    const { loss, metrics } = await validate(part);
    this.validationLoss = loss;
    if (loss < (this.bestLoss ?? Number.POSITIVE_INFINITY)) this.bestLoss = loss;
    const event: ValidationEvent = { ...this.#moment("validation"), loss, part, ...(metrics && { metrics }) };
    this.#tell(event);
    return event;
  }

  /** Tells what the model writes now. */
  sampled(text: string): void {
    this.#tell({ ...this.#moment("sample"), text });
  }

  /** Everything that a restored trainer needs to go on bit for bit, also between the micro-batches of a step. */
  async checkpoint(): Promise<Checkpoint> {
    const { model, optimizer, batches, state = {} } = this.#options;
    const { tensors, steps } = optimizer.stateDict();
    const held = [...optimizer.parameters].flatMap(([name, { grad }]) =>
      grad ? [[`${name}.grad`, grad] as const] : [],
    );
    const accumulated = await Promise.all(this.#accumulated.map(read));
    this.#accumulated = [...accumulated];
    const weights = await model.stateDict();
    // What the micro-batches of a step have counted, such as the loads of experts, is no weight of the model.
    const counts = Object.entries(accumulated.length > 0 ? model.namedBuffers() : {}).flatMap(([name, buffer]) =>
      Object.hasOwn(weights, name) ? [] : [[`${name}.buffer`, buffer] as const],
    );
    return {
      model: weights,
      training: await readAll({ ...tensors, ...Object.fromEntries([...held, ...counts]) }),
      position: {
        step: this.step,
        tokens: this.tokens,
        seconds: this.seconds,
        validationLoss: this.validationLoss,
        bestLoss: this.bestLoss,
        optimizerSteps: steps,
        accumulated,
        batches: batches.state(),
        state: Object.fromEntries(Object.entries(state).map(([name, one]) => [name, one.state()])),
        defaultGenerator: defaultGenerator.state(),
        contracted: await isContracted(),
      },
    };
  }

  /**
   * Goes on from a checkpoint.
   *
   * @returns Whether it goes on with the same bits: not on an engine that rounds multiply-adds differently.
   * @throws StateError that names what does not fit
   */
  async restore({ model: weights, training, position }: Checkpoint): Promise<boolean> {
    const { model, optimizer, batches, state = {} } = this.#options;
    const [known, saved] = [Object.keys(state).sort(), Object.keys(position.state).sort()];
    if (String(known) !== String(saved)) {
      throw new StateError(`Trainer: the checkpoint has the state of [${saved}], needed is that of [${known}]`);
    }
    const found = (variables: Iterable<[string, Variable]>, ending: string): [Variable, TensorData][] =>
      [...variables].flatMap(([name, variable]): [Variable, TensorData][] =>
        Object.hasOwn(training, name + ending) ? [[variable, training[name + ending]]] : [],
      );
    const gradients = found(optimizer.parameters, ".grad");
    const counts = found(Object.entries(model.namedBuffers()), ".buffer");
    const isHeld = new Set([...gradients, ...counts].map(([, data]) => data));
    const tensors = Object.fromEntries(Object.entries(training).filter(([, data]) => !isHeld.has(data)));
    model.loadStateDict(weights);
    optimizer.loadStateDict({ tensors, steps: position.optimizerSteps });
    optimizer.zeroGrad();
    for (const [parameter, data] of gradients) parameter.accumulateGrad(fromData(data), add);
    for (const [buffer, data] of counts) buffer.assign(fromData(data));
    batches.restore(position.batches as never);
    for (const [name, one] of Object.entries(state)) one.restore(position.state[name] as never);
    defaultGenerator.restore(position.defaultGenerator);
    this.#accumulated = [...position.accumulated];
    this.step = position.step;
    this.validationLoss = position.validationLoss;
    this.bestLoss = position.bestLoss;
    this.#secondsBefore = position.seconds;
    this.#began = performance.now();
    return position.contracted === (await isContracted());
  }

  /** Records the pass of one batch; its gradients are added to those that are held. */
  #backward(batch: B): void {
    const objective = this.#options.loss(batch);
    const { loss, reported = loss, metrics = {} }: Objective = "loss" in objective ? objective : { loss: objective };
    const pending = {
      loss: reported.keep(),
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value.keep()])),
    };
    (this.#accumulate === 1 ? loss : loss.div(this.#accumulate)).backward();
    this.#accumulated.push(pending);
  }

  /** The loads of the experts on an observed step, which looks at the updates too; else `null`. */
  #observe(): readonly Tensor[] | null {
    const { optimizer, expertLoad, observeEvery = 10 } = this.#options;
    const observed = this.step % observeEvery === 0;
    optimizer.logUpdateRms(observed);
    return observed ? (expertLoad?.() ?? []).map((load) => load.keep()) : null;
  }

  /** √(Σ n·rms² / Σ n) over the parameters of each group, of n elements. */
  async #updateRms(updates: ReadonlyMap<string, Tensor>): Promise<Record<string, number>> {
    const { optimizer, updateGroup = () => "parameters" } = this.#options;
    const sums = new Map<string, { squares: number; elements: number }>();
    for (const [name, rms] of updates) {
      const group = updateGroup(name);
      const sum = sums.get(group) ?? { squares: 0, elements: 0 };
      sums.set(group, sum);
      const elements = optimizer.parameters.get(name)?.size ?? 0;
      sum.squares += elements * (await rms.item()) ** 2;
      sum.elements += elements;
    }
    return Object.fromEntries([...sums].map(([group, sum]) => [group, Math.sqrt(sum.squares / sum.elements)]));
  }

  #moment<K extends RunEvent["kind"]>(kind: K): { kind: K; step: number; tokens: number; seconds: number } {
    return { kind, step: this.step, tokens: this.tokens, seconds: this.seconds };
  }

  #tell(event: RunEvent): void {
    this.#options.listen?.(event);
  }
}

async function read(one: Pending | MicroBatch): Promise<MicroBatch> {
  const metrics: Record<string, number> = {};
  for (const [name, value] of Object.entries(one.metrics)) metrics[name] = await numberOf(value);
  return { loss: await numberOf(one.loss), metrics };
}

function numberOf(value: Tensor | number): number | Promise<number> {
  return typeof value === "number" ? value : value.item();
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanOfEach(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  return Object.fromEntries(Object.keys(records[0]).map((name) => [name, mean(records.map((one) => one[name]))]));
}

/** Whether the device rounds a multiply-add once: bits depend on it. */
async function isContracted(): Promise<boolean> {
  const backend = await defaultDevice().backend();
  return "contracted" in backend && backend.contracted === true;
}
