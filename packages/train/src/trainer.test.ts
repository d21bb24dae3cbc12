import { concat, Generator, manualSeed, setDefaultDevice, stats, type Tensor, tensor, zeros } from "@tsuki/core";
import { buffer, Dropout, HostGenerator, Linear, Module, mseLoss } from "@tsuki/nn";
import { MuonWithAdamW, parameterGroups, SGD } from "@tsuki/optim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "@tsuki/core/reference";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { RunEvent, StepEvent } from "./events.ts";
import { Trainer, type TrainerOptions } from "./trainer.ts";

/** Two layers with dropout between them, whose random numbers come from the default generator. */
class Net extends Module<[x: Tensor], Tensor> {
  readonly up: Linear;
  readonly down: Linear;
  readonly dropout = new Dropout({ p: 0.25 });
  /** Of the step that has begun, as a router's load. */
  readonly sum = buffer(zeros([]), { persistent: false });

  constructor(generator: Generator) {
    super();
    this.up = new Linear({ inFeatures: 3, outFeatures: 8, bias: true, generator });
    this.down = new Linear({ inFeatures: 8, outFeatures: 2, generator });
  }

  forward(x: Tensor): Tensor {
    this.sum.assign(this.sum.add(x.detach().sum()));
    return this.down.call(this.dropout.call(this.up.call(x).relu()));
  }
}

/** Random rows, whose targets are two of their sums. */
class Rows {
  readonly #generator = new HostGenerator(5);

  next(): { x: Tensor; y: Tensor } {
    const x = Array.from({ length: 4 }, () => Array.from({ length: 3 }, () => this.#generator.next() - 0.5));
    return { x: tensor(x), y: tensor(x.map(([a, b, c]) => [a + b, b - c])) };
  }

  state() {
    return this.#generator.state();
  }

  restore(state: { readonly seed: number; readonly counter: number }): void {
    this.#generator.restore(state);
  }
}

type Options = Partial<TrainerOptions<{ x: Tensor; y: Tensor }>>;

function makeTrainer(options: Options = {}) {
  manualSeed(3);
  const model = new Net(new Generator(7));
  const groups = parameterGroups(model.namedParameters(), [
    { match: /weight/, use: "muon" },
    { match: () => true, use: "adamw" },
  ]);
  const optimizer = new MuonWithAdamW(groups, { lr: 0.05 });
  const trainer = new Trainer({
    model,
    optimizer,
    batches: new Rows(),
    afterUpdate: () => {
      model.down.weight.assign(model.down.weight.add(model.sum.mul(0.01)));
      model.sum.assign(zeros([]));
    },
    schedule: (step) => 0.05 / (1 + step),
    loss: ({ x, y }) => {
      const prediction = model.call(x);
      return { loss: mseLoss(prediction, y), metrics: { error: prediction.sub(y).abs().mean() } };
    },
    batchTokens: 4,
    ...options,
  });
  return { model, optimizer, trainer };
}

/** What a training has made, without what depends on the clock. */
async function made(
  trainer: Pick<Trainer<unknown>, "checkpoint">,
): Promise<Omit<Checkpoint, "position"> & { position: object }> {
  const { position, ...tensors } = await trainer.checkpoint();
  return { ...tensors, position: { ...position, seconds: 0 } };
}

describe.each(["reference", "wasm"])("a training on %s", (device) => {
  it("goes on bit for bit from a checkpoint at any moment, also between micro-batches", async () => {
    setDefaultDevice(device);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.nat(3), fc.nat(2), async (accumulate, steps, micro) => {
        const total = steps + 3;
        const straight = makeTrainer({ accumulate }).trainer;
        const expected: unknown[] = [];
        while (straight.step < total) expected.push(timeless(await straight.train()));

        const first = makeTrainer({ accumulate }).trainer;
        const events: unknown[] = [];
        while (first.step < steps) events.push(timeless(await first.train()));
        const cut = Math.min(micro, accumulate - 1);
        if (cut > 0) expect(await first.train(abortedAfter(cut))).toBeNull();
        expect(first.accumulated).toBe(cut);
        const checkpoint = await first.checkpoint();
        const bytes = encodeCheckpoint(checkpoint);
        // What is held is a copy: the trainer that goes on changes nothing of it.
        await first.train();
        expect(encodeCheckpoint(checkpoint)).toEqual(bytes);

        const second = makeTrainer({ accumulate }).trainer;
        expect(await second.restore(decodeCheckpoint(bytes))).toBe(true);
        expect(second.accumulated).toBe(cut);
        while (second.step < total) events.push(timeless(await second.train()));
        expect(events).toEqual(expected);
        expect(await made(second)).toEqual(await made(straight));
      }),
      { numRuns: 6 },
    );
  });

  it("the gradient of accumulated batches is that of their mean", async () => {
    setDefaultDevice(device);
    const pick = async (accumulate: number, rows: number) => {
      const source = new Rows();
      const next = () => {
        const all = Array.from({ length: rows }, () => source.next());
        return { x: concat(all.map(({ x }) => x)), y: concat(all.map(({ y }) => y)) };
      };
      const batches = { next, state: () => source.state(), restore: (state: never) => source.restore(state) };
      const { model, trainer } = makeTrainer({ accumulate, batches, batchTokens: 4 * rows });
      model.eval();
      return (await trainer.train()) as StepEvent;
    };
    const [separate, joined] = [await pick(3, 1), await pick(1, 3)];
    expect(separate).toMatchObject({ kind: "step", step: 1, tokens: 12, lr: 0.05 });
    expect(separate.gradNorm).toBeCloseTo(joined.gradNorm, 5);
    expect(separate.loss).toBeCloseTo(joined.loss, 5);
    expect(separate.metrics?.error).toBeCloseTo(joined.metrics?.error ?? 0, 5);
  });
});

/** A signal that is aborted when it was asked `count` times. */
function abortedAfter(count: number): AbortSignal {
  let asked = 0;
  return {
    get aborted() {
      return ++asked >= count;
    },
  } as AbortSignal;
}

function timeless(event: RunEvent | null): unknown {
  return { ...event, seconds: 0, tokensPerSecond: 0 };
}

describe("a trainer", () => {
  it("tells of every step, and now and then of updates and loads, in two plans", async () => {
    setDefaultDevice("wasm");
    const events: RunEvent[] = [];
    const { trainer } = makeTrainer({
      listen: (event) => events.push(event),
      observeEvery: 3,
      updateGroup: (name) => (name.endsWith("bias") ? "adamw" : "muon"),
      expertLoad: () => [tensor([0.5, 1.5])],
    });
    for (let i = 0; i < 6; i++) await trainer.train();
    const { plansCompiled } = stats();
    for (let i = 0; i < 6; i++) await trainer.train();
    expect(stats().plansCompiled).toBe(plansCompiled);
    const observed = events.flatMap((event) => (event.kind === "step" && event.updateRms ? [event] : []));
    expect(observed.map(({ step }) => step)).toEqual([1, 4, 7, 10]);
    expect(Object.keys(observed[0].updateRms ?? {}).sort()).toEqual(["adamw", "muon"]);
    // 0.2·√max(rows, cols) on an orthogonal matrix of full rank: RMS 0.2, as far as Newton–Schulz goes.
    expect(observed[1].updateRms?.muon).toBeGreaterThan(0.1);
    expect(observed[1].updateRms?.muon).toBeLessThan(0.3);
    expect(events.filter(({ kind }) => kind === "experts")).toHaveLength(4);
    expect(events.find(({ kind }) => kind === "experts")).toMatchObject({ step: 1, load: [[0.5, 1.5]] });
  });

  it("stops where the loss is not finite, validates, and refuses numbers that make no sense", async () => {
    const losses = [2, Number.NaN, 3];
    const { model, trainer } = makeTrainer({ validate: async () => ({ loss: losses.shift() ?? 0 }) });
    expect((await trainer.validate("part")).loss).toBe(2);
    expect([trainer.validationLoss, trainer.bestLoss]).toEqual([2, 2]);
    for (const _ of [1, 2]) await trainer.validate("part");
    expect([trainer.validationLoss, trainer.bestLoss]).toEqual([3, 2]);
    model.up.weight.assign(Number.NaN);
    await expect(trainer.train()).rejects.toThrow("the loss of step 1 is NaN");
    // √w at 0 is finite, its slope is not.
    const net = new Net(new Generator(7));
    net.up.weight.assign(0);
    const steep = new Trainer({
      model: net,
      optimizer: new SGD(net.namedParameters(), { lr: 0.1 }),
      batches: new Rows(),
      schedule: () => 0.1,
      loss: () => net.up.weight.sqrt().sum(),
      batchTokens: 4,
    });
    await expect(steep.train()).rejects.toThrow("the gradient norm of step 1 is Infinity");
    expect(() => makeTrainer({ accumulate: 0 })).toThrow("Trainer: accumulate is a whole number ≥ 1, not 0");
    await expect(makeTrainer().trainer.validate("part")).rejects.toThrow("its options have no validate");
  });

  it("refuses the checkpoint of another program", async () => {
    const { trainer } = makeTrainer({ state: { sampler: new Generator(1) } });
    await expect(trainer.restore(await makeTrainer().trainer.checkpoint())).rejects.toThrow(
      "Trainer: the checkpoint has the state of [], needed is that of [sampler]",
    );
  });
});
