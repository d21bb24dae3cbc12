/** What the rules promise of a whole training step: Moonlight, Muon, clipping, router biases, evaluation. */

import {
  Device,
  defaultDevice,
  explain,
  Generator,
  noGrad,
  readAll,
  realize,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "@tsuki/core";
import { languageModelLoss, MoE, Moonlight } from "@tsuki/moe";
import { clipGradNorm, MuonWithAdamW, moonlightGroups, warmupCosine } from "@tsuki/optim";
import { beforeEach, expect, it } from "vitest";
import { smallConfig } from "../packages/moe/test/small.ts";
import { onEachDevice } from "./devices.ts";

const config = smallConfig();

const tokens = (seed: number, shape: readonly number[] = [2, 8]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Int32Array.from({ length: size }, (_, i) => (i * i * 3 + i * seed + seed) % config.vocabSize),
    { shape },
  );
};

class Training {
  readonly model = new Moonlight(config, new Generator(1));
  readonly optimizer = new MuonWithAdamW(moonlightGroups(this.model.namedParameters()), { lr: 1e-3 });
  readonly schedule = warmupCosine({ peak: 1e-2, warmupSteps: 3, totalSteps: 50, final: 1e-3 });

  /** Records one step; nothing runs yet. */
  record(step: number): { loss: Tensor; norm: Tensor } {
    this.optimizer.setLr(this.schedule(step));
    const { loss } = languageModelLoss(this.model, tokens(step), { auxiliaryCoefficient: 1e-4 });
    loss.backward();
    const norm = clipGradNorm(this.model.namedParameters(), 1);
    this.optimizer.update();
    for (const module of Object.values(this.model.namedModules()))
      if (module instanceof MoE) module.gate.updateBias(1e-3);
    return { loss, norm };
  }

  async step(step: number): Promise<{ loss: number; norm: number }> {
    const { loss, norm } = this.record(step);
    await realize();
    return { loss: await loss.item(), norm: await norm.item() };
  }

  evaluate(): Promise<number> {
    this.model.eval();
    const { loss } = noGrad(() => languageModelLoss(this.model, tokens(99, [3, 8])));
    this.model.train();
    return loss.item();
  }
}

onEachDevice(() => {
  let device: Device;
  let training: Training;
  beforeEach(async () => {
    device = defaultDevice();
    training = new Training();
    await realize();
  });

  it("a step is one plan, compiled once from lr 0 on, and computes nothing twice", async () => {
    const before = device.stats();
    for (let step = 0; step < 6; step++) {
      const { loss, norm } = await training.step(step);
      expect(loss).toBeGreaterThan(0);
      expect(norm).toBeGreaterThan(0);
    }
    const after = device.stats();
    // The optimizer's state and the router's counts are initial values: a plan of their own, before the first step.
    expect(after.plansCompiled - before.plansCompiled).toBe(2);
    expect(after.plansRun - before.plansRun).toBe(7);
    expect(after.recomputedNodes).toBe(before.recomputedNodes);
  });

  it("evaluation in between compiles one plan and disturbs nothing", async () => {
    const other = new Training();
    await realize();
    for (let step = 0; step < 2; step++) await training.step(step);
    await training.evaluate();
    const before = device.stats();
    for (let step = 2; step < 5; step++) {
      await training.step(step);
      await training.evaluate();
    }
    expect(device.stats().plansCompiled).toBe(before.plansCompiled);
    for (let step = 0; step < 5; step++) await other.step(step);
    const [a, b] = [await training.model.stateDict(), await other.model.stateDict()];
    expect(a).toEqual(b);
  });

  it("steps that nobody awaits are the same bits as awaited ones", async () => {
    const other = new Training();
    const losses = [0, 1, 2].map((step) => {
      const { loss } = training.record(step);
      void realize();
      return loss;
    });
    const values = await Promise.all(losses.map((loss) => loss.item()));
    for (const step of [0, 1, 2]) expect((await other.step(step)).loss).toBe(values[step]);
    const named = training.model.namedParameters();
    expect(await readAll(named)).toEqual(await readAll(other.model.namedParameters()));
  });

  it("RoPE is uploaded once: the ids are the only value that a step is given", async () => {
    for (let step = 0; step < 2; step++) await training.step(step);
    const [plan] = explain(device).split("\n\n");
    expect(plan).toContain("self_attn");
    expect(new Set(plan.match(/value\d+/g)).size).toBe(1);
  });

  it("a second model of the same architecture shares the plans", async () => {
    await training.step(0);
    const before = device.stats();
    const other = new Training();
    await other.step(0);
    expect(device.stats().plansCompiled).toBe(before.plansCompiled);
  });
});

it("threads change no bit of a training run", async () => {
  const outer = defaultDevice();
  const states = [];
  for (const threads of [1, 2, 3]) {
    const device = setDefaultDevice(new Device("wasm", { threads }));
    const training = new Training();
    for (let step = 0; step < 4; step++) await training.step(step);
    states.push(await training.model.stateDict());
    await device.close();
  }
  setDefaultDevice(outer);
  expect(states[1]).toEqual(states[0]);
  expect(states[2]).toEqual(states[0]);
});
