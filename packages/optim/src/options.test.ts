import { ArgumentError } from "@tsuki/core";
import { describe, expect, it } from "vitest";
import { onDevice, type Place } from "../test/devices.ts";
import { backwardAt, model, type Weights } from "../test/model.ts";
import { weight } from "../test/training.ts";
import { AdamW } from "./adamw.ts";
import { clipGradNorm } from "./clip.ts";
import { CombinedOptimizer } from "./combined-optimizer.ts";
import { Muon } from "./muon.ts";
import { MuonWithAdamW } from "./muon-with-adamw.ts";
import type { Optimizer } from "./optimizer.ts";
import { moonlightGroups, parameterGroups } from "./parameter-groups.ts";
import { SGD } from "./sgd.ts";

/** Options of plain JavaScript, which no compiler has seen. */
type Make = (options: never) => Optimizer;

describe("the options of an optimizer", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };
  const matrices = (): Weights => ({ w: weight(place, [2, 3], [1, 2, 3, 4, 5, 6]) });

  const makers: readonly (readonly [name: string, make: Make, known: string])[] = [
    [
      "sgd",
      (o) => new SGD(matrices(), o),
      "lr, weightDecay, cautiousWeightDecay, momentum, dampening, nesterov, skipNonFinite",
    ],
    [
      "adamw",
      (o) => new AdamW(matrices(), o),
      "lr, weightDecay, cautiousWeightDecay, betas, eps, epsOrder, skipNonFinite",
    ],
    [
      "muon",
      (o) => new Muon(matrices(), o),
      "lr, weightDecay, cautiousWeightDecay, momentum, momentumForm, nesterov, scale, newtonSchulz, splits, skipNonFinite",
    ],
    [
      "MuonWithAdamW",
      (o) => new MuonWithAdamW(moonlightGroups(model(place)), o),
      "lr, weightDecay, muon, adamw, skipNonFinite",
    ],
    ["CombinedOptimizer", (o) => new CombinedOptimizer([new SGD(matrices())], o), "skipNonFinite"],
  ];
  for (const [name, make, known] of makers) {
    it(`of ${name} are known by name`, () => {
      expect(() => make({ learningRate: 0.1, wd: 0 } as never)).toThrow(
        new ArgumentError(`${name}: there is no option "learningRate", only ${known}`),
      );
      expect(() => make(0.1 as never)).toThrow(`${name}: options are { ${known} }, not 0.1`);
      expect(() => make(null as never)).toThrow(`${name}: options are { ${known} }, not null`);
    });
  }

  it("of a group are known by name too; one of all groups is none of a group", () => {
    expect(() => new AdamW([{ params: matrices(), momentum: 0.9 } as never])).toThrow(
      'adamw: there is no option "momentum", only params, lr, weightDecay',
    );
    expect(() => new AdamW([{ params: matrices(), skipNonFinite: true } as never])).toThrow('"skipNonFinite"');
    expect(() => new MuonWithAdamW(moonlightGroups(model(place)), { adamw: { beta: 1 } as never })).toThrow(
      'adamw: there is no option "beta"',
    );
  });

  it("that are undefined are not given", () => {
    const { groups } = new AdamW([{ params: matrices(), eps: undefined } as never], { lr: undefined } as never);
    expect([groups[0].lr, groups[0].eps]).toEqual([1e-3, 1e-8]);
  });

  const wrong: readonly (readonly [make: Make, options: object, message: string])[] = [
    [makers[0][1], { lr: "0.1" }, 'sgd: lr is a finite number ≥ 0, not "0.1"'],
    [makers[0][1], { nesterov: 1 }, "sgd: nesterov is true or false, not 1"],
    [makers[1][1], { weightDecay: Infinity }, "adamw: weightDecay is a finite number ≥ 0, not Infinity"],
    [makers[1][1], { betas: [0.9, 1] }, "adamw: the second of betas is a number in [0, 1), not 1"],
    [makers[1][1], { betas: 0.9 }, "adamw: betas are two numbers, not 0.9"],
    [
      makers[1][1],
      { epsOrder: "after" },
      'adamw: epsOrder is "afterBiasCorrection" or "beforeBiasCorrection", not "after"',
    ],
    [makers[2][1], { momentumForm: "mean" }, 'muon: momentumForm is "sum" or "ema", not "mean"'],
    [makers[2][1], { cautiousWeightDecay: null }, "muon: cautiousWeightDecay is true or false, not null"],
    [
      makers[2][1],
      { scale: "spectral" },
      'muon: scale is "moonlight" or "keller" or "spectralNorm" or "none", not "spectral"',
    ],
    [makers[2][1], { newtonSchulz: { steps: -1 } }, "newtonSchulz: steps is a whole number ≥ 0, not -1"],
    [makers[2][1], { newtonSchulz: { coefficient: 1 } }, 'newtonSchulz: there is no option "coefficient"'],
    [
      makers[2][1],
      { splits: [1, 2] },
      'muon: "w" of shape [2,3] has 2 rows, which are no blocks of [1,2] rows (splits)',
    ],
    [makers[2][1], { splits: 3 }, 'muon: "w" of shape [2,3] has 2 rows, which are no 3 equal blocks (splits)'],
    [makers[2][1], { splits: 0 }, "muon: splits is a whole number ≥ 1 or a list of such numbers, not 0"],
  ];
  for (const [make, options, message] of wrong) {
    it(`are refused: ${message}`, () => expect(() => make(options as never)).toThrow(message));
  }

  it("of an update and of a parameter rule are known by name", () => {
    const optimizer = new SGD(matrices());
    expect(() => optimizer.update({ retainGrads: true } as object)).toThrow(
      'update: there is no option "retainGrads", only retainGradients, gradNorm',
    );
    const rule = { match: /w/, use: "sgd" } as never;
    expect(() => parameterGroups(matrices(), [rule])).toThrow(
      'parameterGroups: rule 1: use is "muon" or "adamw", not "sgd"',
    );
    const misspelt = { match: /w/, use: "muon", option: {} } as never;
    expect(() => parameterGroups(matrices(), [misspelt])).toThrow(
      'parameterGroups: rule 1: there is no option "option"',
    );
    expect(() => clipGradNorm(matrices(), Number.NaN)).toThrow("clipGradNorm: maxNorm is a number ≥ 0, not NaN");
  });

  it("are checked again when they have been changed, before anything is recorded", () => {
    const weights = model(place);
    const optimizer = new MuonWithAdamW(moonlightGroups(weights));
    backwardAt(weights, 1);
    optimizer.adamw!.groups[0].lr = Number.NaN;
    expect(() => optimizer.update()).toThrow("adamw: lr is a finite number ≥ 0, not NaN");
    for (const w of Object.values(weights)) expect(w.grad).not.toBeNull();
    expect(optimizer.stateDict()).toEqual({ tensors: {}, steps: {} });
  });
});
