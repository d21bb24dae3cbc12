import { Generator, StateError, type Tensor, tensor, type Variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { Linear } from "./linear.ts";
import { applyLoRA, LoRALinear, loadLoRAStateDict, loraStateDict, mergeLoRA, removeLoRA, unmergeLoRA } from "./lora.ts";
import { Module } from "./module.ts";
import { SwiGLU } from "./swiglu.ts";

class Tower extends Module<[x: Tensor], Tensor> {
  readonly layers: SwiGLU[];
  readonly head: Linear;

  constructor(seed = 1) {
    super();
    const generator = new Generator(seed);
    this.layers = [1, 2].map(() => new SwiGLU({ hiddenSize: 4, intermediateSize: 6, generator }));
    this.head = new Linear({ inFeatures: 4, outFeatures: 3, bias: true, generator });
  }

  forward(x: Tensor): Tensor {
    return this.head.call(this.layers.reduce((y, layer) => layer.call(y), x));
  }
}

const all = ["gate_proj", "up_proj", "down_proj", "head"];

/** Updates that are not zero. */
function disturb(model: Module, seed: number): void {
  const generator = new Generator(seed);
  for (const part of model.namedModules().values()) {
    if (part instanceof LoRALinear) part.loraB.assign(generator.normal(part.loraB.shape));
  }
}

onEachDevice(() => {
  test("at first the model computes what it did, also in training", async () => {
    const model = new Tower();
    const { x } = await normal(1, [3, 4]);
    const before = await model.call(x).data();
    expect(applyLoRA(model, { rank: 2, targets: all, dropout: 0.5 }).length).toBe(7);
    expectClose(await model.call(x).data(), before, 1e-12);
  });

  test("merged and unmerged give the same, and unmerging gives the weights back", async () => {
    const cases = fc.record({ rank: fc.integer({ min: 1, max: 3 }), alpha: fc.constantFrom(undefined, 0.5, 4) });
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(1000), async ({ rank, alpha }, seed) => {
        const model = new Tower(seed);
        const weights = await model.stateDict();
        applyLoRA(model, { rank, targets: all, ...(alpha && { alpha }) });
        disturb(model, seed);
        const { x } = await normal(seed, [3, 4]);
        const unmerged = await model.call(x).data();
        const effective = await model.head.effectiveWeight().data();
        mergeLoRA(model);
        expectClose(await model.head.weight.data(), effective, 1e-6);
        mergeLoRA(model);
        expectClose(await model.call(x).data(), unmerged, 1e-5);
        unmergeLoRA(model);
        const back = await model.stateDict();
        for (const [name, { data }] of Object.entries(weights)) expectClose(back[name].data, data, 1e-6);
        expectClose(await model.call(x).data(), unmerged, 1e-5);
      }),
      { numRuns: 8 },
    );
  });

  test("the plain layers come back, with the updates once these are merged", async () => {
    const model = new Tower();
    const { x } = await normal(1, [3, 4]);
    const before = await model.call(x).data();
    for (const merges of [false, true]) {
      applyLoRA(model, { rank: 2, targets: /proj$/ });
      disturb(model, 3);
      const adapted = await model.call(x).data();
      if (merges) mergeLoRA(model);
      removeLoRA(model);
      expect([...model.namedModules().values()].some((part) => part instanceof LoRALinear)).toBe(false);
      expectClose(await model.call(x).data(), merges ? adapted : before, 1e-5);
    }
  });

  test("only the updates get gradients: B at first, then A too", async () => {
    const model = new Tower();
    applyLoRA(model, { rank: 2, targets: ["head"] });
    const { x } = await normal(1, [3, 4]);
    const layer = model.head as LoRALinear;
    const norms = async (): Promise<number[]> => {
      model.call(x).square().sum().backward();
      const withGradient = model.parameters().filter(({ grad }) => grad !== null);
      expect(withGradient).toEqual([layer.loraA, layer.loraB]);
      const squares = await Promise.all(withGradient.map(({ grad }) => grad?.square().sum().item() ?? Number.NaN));
      for (const parameter of withGradient) parameter.zeroGrad();
      return squares;
    };
    const [a, b] = await norms();
    expect(a).toBe(0);
    expect(b).toBeGreaterThan(0);
    disturb(model, 2);
    expect((await norms())[0]).toBeGreaterThan(0);
  });

  test("dropout drops in training alone", async () => {
    const model = new Tower();
    applyLoRA(model, { rank: 2, targets: all, dropout: 0.5, generator: new Generator(1) });
    disturb(model, 2);
    const { x } = await normal(1, [3, 4]);
    expect(await model.call(x).data()).not.toEqual(await model.call(x).data());
    model.eval();
    expect(await model.call(x).data()).toEqual(await model.call(x).data());
  });
});

test("the state of the updates alone is saved and loaded by name", async () => {
  const model = new Tower();
  applyLoRA(model, { rank: 2, targets: ["layers.1.up_proj"] });
  disturb(model, 1);
  const state = await loraStateDict(model);
  expect(Object.entries(state).map(([name, { shape }]) => [name, shape])).toEqual([
    ["layers.1.up_proj.lora_a", [2, 4]],
    ["layers.1.up_proj.lora_b", [6, 2]],
  ]);
  const other = new Tower(2);
  applyLoRA(other, { rank: 2, targets: ["layers.1.up_proj"], generator: new Generator(7) });
  loadLoRAStateDict(other, state);
  expect(await loraStateDict(other)).toEqual(state);
  const { "layers.1.up_proj.lora_b": _b, ...rest } = state;
  expect(() => loadLoRAStateDict(other, { ...rest, more: state["layers.1.up_proj.lora_a"] })).toThrow(StateError);
  expect(() => loadLoRAStateDict(other, rest)).toThrow("missing: layers.1.up_proj.lora_b");
  mergeLoRA(other);
  expect(() => loadLoRAStateDict(other, state)).toThrow('the update of "layers.1.up_proj" is merged');
});

test("the base keeps its names, so that its checkpoint still fits", async () => {
  const model = new Tower();
  const state = await model.stateDict();
  applyLoRA(model, { rank: 1, targets: all });
  const adapted = await model.stateDict();
  expect(Object.keys(adapted).filter((name) => !/lora_[ab]$/.test(name))).toEqual(Object.keys(state));
  for (const [name, value] of Object.entries(state)) expect(adapted[name]).toEqual(value);
  expect(model.loadStateDict(state, { ignore: [/lora_[ab]$/] })).toEqual({ missing: [], unexpected: [] });
});

test("targets are a pattern or the last parts of paths; what matches nothing is an error", () => {
  const paths = (targets: RegExp | string[]): string[] => applyLoRA(new Tower(), { rank: 1, targets });
  expect(paths(/^layers\.0\.(gate|up)/g)).toEqual(["layers.0.gate_proj", "layers.0.up_proj"]);
  expect(paths(["down_proj", "head"])).toEqual(["layers.0.down_proj", "layers.1.down_proj", "head"]);
  expect(() => paths(["proj"])).toThrow("applyLoRA: proj matches no linear layer");
  expect(() => paths([])).toThrow("applyLoRA: no target matches");
  expect(() => paths(["head", "q_proj"])).toThrow(/q_proj.*there are layers\.0\.gate_proj, /);
});

test("a second call adapts further layers, and both are trained", () => {
  const model = new Tower();
  applyLoRA(model, { rank: 1, targets: ["head"] });
  expect(() => applyLoRA(model, { rank: 1, targets: ["head"] })).toThrow("that has no adapter yet");
  applyLoRA(model, { rank: 1, targets: ["layers.0.up_proj"] });
  const trained = Object.entries(model.namedParameters()).filter(([, { requiresGrad }]) => requiresGrad);
  expect(trained.map(([name]) => name)).toEqual([
    "layers.0.up_proj.lora_a",
    "layers.0.up_proj.lora_b",
    "head.lora_a",
    "head.lora_b",
  ]);
});

test("a tied weight is not merged: the other module would change", () => {
  const model = new Tower();
  model.layers[0].upProj.weight = model.layers[1].upProj.weight;
  applyLoRA(model, { rank: 1, targets: ["layers.0.up_proj"] });
  expect(() => mergeLoRA(model)).toThrow("the weight of layers.0.up_proj is that of layers.1.up_proj too");
});

test("numbers out of range are refused", () => {
  for (const options of [{ rank: 0 }, { rank: 1.5 }, { rank: 1, alpha: Number.NaN }]) {
    expect(() => applyLoRA(new Tower(), { ...options, targets: all })).toThrow("LoRA: rank is a whole number ≥ 1");
  }
  expect(() => applyLoRA(new Tower(), { rank: 1, dropout: 1, targets: all })).toThrow("0 ≤ p < 1");
});

test("gradients of the updates", async () => {
  const layer = (a: Variable, b: Variable): Tensor => {
    const base = new Linear({ inFeatures: 3, outFeatures: 2, bias: true });
    const adapted = new LoRALinear(base, { rank: 2, alpha: 3 });
    base.weight.assign(zeros([2, 3]));
    Object.assign(adapted, { loraA: a, loraB: b });
    return adapted.call(tensor(Float64Array.of(1, -2, 0.5), { shape: [1, 3] }));
  };
  await gradcheck(layer, [await normal64(1, [2, 3]), await normal64(2, [2, 2])]);
});

test("removing adapters unfreezes what applying them froze, and nothing else", () => {
  const model = new Tower();
  model.head.freeze();
  const trainable = (): string[] =>
    Object.entries(model.namedParameters()).flatMap(([name, { requiresGrad }]) => (requiresGrad ? [name] : []));
  const before = trainable();
  applyLoRA(model, { rank: 1, targets: ["up_proj"] });
  applyLoRA(model, { rank: 1, targets: ["head"] });
  expect(trainable().every((name) => name.includes("lora_"))).toBe(true);
  removeLoRA(model);
  expect(before.length).toBe(6);
  expect(trainable()).toEqual(before);
  model.freeze();
  removeLoRA(model);
  expect(trainable()).toEqual([]);
});

test("targets are given", () => {
  const apply = (targets: unknown) => applyLoRA(new Tower(), { rank: 1, targets: targets as never });
  const needed = "applyLoRA: targets are a pattern or a list of names, not";
  expect(() => apply(undefined)).toThrow(`${needed} undefined`);
  expect(() => apply("head")).toThrow(`${needed} "head"`);
});
