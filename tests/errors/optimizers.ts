import { Device, defaultDevice, ones, parameter, setDefaultDevice, tensor, type Variable, variable } from "@tsuki/core";
import "@tsuki/core/reference";
import {
  AdamW,
  CombinedOptimizer,
  clipGradNorm,
  constant,
  Muon,
  MuonWithAdamW,
  moonlightGroups,
  moonlightSchedule,
  newtonSchulz,
  parameterGroups,
  Scheduler,
  SGD,
  WeightAverage,
  warmupCosine,
  warmupInverseSqrt,
  warmupLinear,
  warmupPolynomial,
  warmupStableDecay,
} from "@tsuki/optim";
import { type Cases, wrong } from "./collect.ts";

const matrix = (name = "w"): Variable => parameter(ones([4, 6]), { name });
const vector = (): Variable => parameter(ones([4]), { name: "b" });

function elsewhere<T>(body: () => T): T {
  const outer = defaultDevice();
  setDefaultDevice(new Device("reference"));
  try {
    return body();
  } finally {
    setDefaultDevice(outer);
  }
}

export const options: Cases = {
  "AdamW([w], { lr: -1 })": () => new AdamW([matrix()], { lr: -1 }),
  'AdamW([w], { lr: "0.1" })': () => new AdamW([matrix()], { lr: wrong("0.1") }),
  "AdamW([w], { weightDecay: NaN })": () => new AdamW([matrix()], { weightDecay: Number.NaN }),
  "AdamW([w], { betas: [0.9] })": () => new AdamW([matrix()], { betas: wrong([0.9]) }),
  "AdamW([w], { betas: [0.9, 1] })": () => new AdamW([matrix()], { betas: [0.9, 1] }),
  "AdamW([w], { eps: -1 })": () => new AdamW([matrix()], { eps: -1 }),
  'AdamW([w], { epsOrder: "outside" })': () => new AdamW([matrix()], { epsOrder: wrong("outside") }),
  "AdamW([w], { cautiousWeightDecay: 1 })": () => new AdamW([matrix()], { cautiousWeightDecay: wrong(1) }),
  "AdamW([w], { learningRate: 1 })": () => new AdamW([matrix()], wrong({ learningRate: 1 })),
  "AdamW([w], 0.1)": () => new AdamW([matrix()], wrong(0.1)),
  "AdamW([w], { skipNonFinite: 1 })": () => new AdamW([matrix()], { skipNonFinite: wrong(1) }),
  "AdamW([{ params: [w], decay: 0 }])": () => new AdamW(wrong([{ params: [matrix()], decay: 0 }])),
  "SGD([w], { momentum: 1 })": () => new SGD([matrix()], { momentum: 1 }),
  "SGD([w], { dampening: 2 })": () => new SGD([matrix()], { dampening: 2 }),
  "SGD([w], { nesterov: true })": () => new SGD([matrix()], { nesterov: true }),
  "Muon([w], { momentum: -0.1 })": () => new Muon([matrix()], { momentum: -0.1 }),
  'Muon([w], { momentumForm: "max" })': () => new Muon([matrix()], { momentumForm: wrong("max") }),
  'Muon([w], { scale: "big" })': () => new Muon([matrix()], { scale: wrong("big") }),
  "Muon([w], { steps: 2.5 })": () => new Muon([matrix()], { newtonSchulz: { steps: 2.5 } }),
  "Muon([w], { splits: 0 })": () => new Muon([matrix()], { splits: 0 }),
  "Muon([w], { splits: 3 }) of 4 rows": () => new Muon([matrix()], { splits: 3 }),
  "Muon([w], { splits: [1, 2] }) of 4 rows": () => new Muon([matrix()], { splits: [1, 2] }),
  "newtonSchulz(ones([3]))": () => newtonSchulz(ones([3])),
  "newtonSchulz(int32)": () => newtonSchulz(ones([2, 2], { dtype: "int32" })),
  "newtonSchulz(g, { steps: -1 })": () => newtonSchulz(matrix(), { steps: -1 }),
  'newtonSchulz(g, { coefficients: "fast" })': () => newtonSchulz(matrix(), { coefficients: wrong("fast") }),
  "newtonSchulz(g, { coefficients: 3 })": () => newtonSchulz(matrix(), { coefficients: wrong(3) }),
  "newtonSchulz(g, { coefficients: [[1, 2]] })": () => newtonSchulz(matrix(), { coefficients: wrong([[1, 2]]) }),
  "newtonSchulz(g, { coefficients: [], steps: 2 })": () => newtonSchulz(matrix(), { coefficients: [], steps: 2 }),
  "newtonSchulz(g, { eps: -1 })": () => newtonSchulz(matrix(), { eps: -1 }),
  "newtonSchulz(g, 5)": () => newtonSchulz(matrix(), wrong(5)),
  "clipGradNorm([w], -1)": () => clipGradNorm([matrix()], -1),
  "clipGradNorm([w], NaN)": () => clipGradNorm([matrix()], Number.NaN),
  "clipGradNorm([1], 1)": () => clipGradNorm(wrong([1]), 1),
};

export const parameters: Cases = {
  "AdamW([])": () => new AdamW([]),
  "AdamW([ones([2])])": () => new AdamW(wrong([ones([2])])),
  "AdamW({ w: 1 })": () => new AdamW(wrong({ w: 1 })),
  "AdamW(undefined)": () => new AdamW(wrong(undefined)),
  "AdamW([w, w])": () => {
    const w = matrix();
    return new AdamW([w, w]);
  },
  "AdamW of two parameters of one name": () => new AdamW([matrix(), matrix()]),
  "AdamW of bfloat16": () => new AdamW([parameter(ones([1]).cast("bfloat16"), { name: "half" })]),
  "AdamW of two devices": () => new AdamW([matrix("a"), elsewhere(() => matrix("b"))]),
  "Muon of a vector": () => new Muon([vector()]),
  "CombinedOptimizer([])": () => new CombinedOptimizer([]),
  "CombinedOptimizer with a parameter twice": () => {
    const w = matrix();
    return new CombinedOptimizer([new AdamW([w]), new Muon([w])]);
  },
  "CombinedOptimizer of two devices": () =>
    new CombinedOptimizer([new AdamW([matrix("a")]), elsewhere(() => new AdamW([matrix("b")]))]),
  "CombinedOptimizer(…, { lr: 1 })": () => new CombinedOptimizer([new AdamW([matrix()])], wrong({ lr: 1 })),
  "MuonWithAdamW(groups, { momentum: 0.9 })": () =>
    new MuonWithAdamW(parameterGroups([matrix()], [{ match: /w/, use: "muon" }]), wrong({ momentum: 0.9 })),
  "moonlightGroups of something else": () => moonlightGroups({ "a.weight": matrix() }),
  "parameterGroups with rules that do not fit": () =>
    parameterGroups({ "a.weight": matrix(), "a.bias": vector() }, [
      { match: /\.weight$/, use: "muon" },
      { match: /\.scale$/, use: "adamw" },
    ]),
};

export const schedules: Cases = {
  "warmupCosine({ peak: -1 })": () => warmupCosine({ peak: -1, warmupSteps: 1, totalSteps: 2 }),
  "warmupCosine({ warmupSteps: 9, totalSteps: 5 })": () => warmupCosine({ peak: 1, warmupSteps: 9, totalSteps: 5 }),
  "warmupCosine({ total: 5 })": () => warmupCosine(wrong({ peak: 1, warmupSteps: 1, total: 5 })),
  "warmupCosine({ peak: 1 })": () => warmupCosine(wrong({ peak: 1 })),
  "warmupLinear({ final: NaN })": () => warmupLinear({ peak: 1, final: Number.NaN, warmupSteps: 1, totalSteps: 5 }),
  "warmupPolynomial({ power: -1 })": () => warmupPolynomial({ peak: 1, warmupSteps: 1, totalSteps: 5, power: -1 }),
  "warmupStableDecay({ decaySteps: 9 })": () =>
    warmupStableDecay({ peak: 1, warmupSteps: 1, totalSteps: 5, decaySteps: 9 }),
  'warmupStableDecay({ decay: "sudden" })': () =>
    warmupStableDecay({ peak: 1, warmupSteps: 1, totalSteps: 5, decaySteps: 2, decay: wrong("sudden") }),
  "warmupInverseSqrt({ warmupSteps: 0 })": () => warmupInverseSqrt({ peak: 1, warmupSteps: 0 }),
  "moonlightSchedule({ peak: -1 })": () => moonlightSchedule({ peak: -1 }),
  "moonlightSchedule({ cosineEnd: 1 })": () => moonlightSchedule({ cosineEnd: 1 }),
  "moonlightSchedule({ steps: 1 })": () => moonlightSchedule(wrong({ steps: 1 })),
  "Scheduler with a group twice": () => {
    const { groups } = new AdamW([matrix()]);
    return new Scheduler({ groups, lr: constant(1) }, { groups, lr: constant(2) });
  },
  "Scheduler whose schedule gives NaN": () =>
    new Scheduler({ groups: new AdamW([matrix()]).groups, lr: () => Number.NaN }),
  "Scheduler({ group })": () => new Scheduler(wrong({ group: new AdamW([matrix()]).groups })),
  "scheduler.loadStateDict({ step: -1 })": () => new Scheduler().loadStateDict({ step: -1 }),
};

const withGradient = (): Variable => {
  const w = matrix();
  w.sum().backward();
  return w;
};
const average = (): WeightAverage => new WeightAverage({ w: matrix() });

export const updates: Cases = {
  "setLr(-1)": () => new AdamW([matrix()]).setLr(-1),
  "update() after groups[0].lr = NaN": () => {
    const optimizer = new AdamW([withGradient()]);
    optimizer.groups[0].lr = Number.NaN;
    optimizer.update();
  },
  "update({ retain: true })": () => new AdamW([withGradient()]).update(wrong({ retain: true })),
  "update({ gradNorm: ones([2]) })": () =>
    new AdamW([withGradient()], { skipNonFinite: true }).update({ gradNorm: ones([2]) }),
  "loadStateDict of a state that does not fit": () =>
    new AdamW([matrix()]).loadStateDict({
      tensors: {
        "w.exp_avg": ones([4, 5]),
        "v.exp_avg": ones([4]),
      },
      steps: { w: 1 },
    }),
  "loadStateDict without counts, and another shape of a counter": () =>
    new AdamW([matrix()]).loadStateDict({
      tensors: { "w.exp_avg": ones([4, 6]), "w.exp_avg_sq": ones([4, 6]), "w.skipped": ones([2]) },
      steps: {},
    }),
  "loadStateDict with a count that is none": () =>
    new AdamW([matrix()]).loadStateDict({
      tensors: { "w.exp_avg": ones([4, 6]), "w.exp_avg_sq": ones([4, 6]) },
      steps: { w: -1 },
    }),
  'WeightAverage({ kind: "swa" })': () => new WeightAverage({ w: matrix() }, { kind: wrong("swa") }),
  "WeightAverage({ decay: 1 })": () => new WeightAverage({ w: matrix() }, { decay: 1 }),
  'WeightAverage({ correction: "no" })': () => new WeightAverage({ w: matrix() }, { correction: wrong("no") }),
  "WeightAverage({})": () => new WeightAverage({}),
  "WeightAverage of int32": () => new WeightAverage({ n: variable(tensor([1], { dtype: "int32" })) }),
  "WeightAverage of two dtypes": () =>
    new WeightAverage({ a: matrix(), b: elsewhere(() => parameter(ones([2], { dtype: "float64" }))) }),
  "average.update() while swapped in": () => {
    const ema = average();
    ema.update();
    ema.swap();
    ema.update();
  },
  "average.loadStateDict of a state that does not fit": () => average().loadStateDict({ v: ones([2]) }),
};
