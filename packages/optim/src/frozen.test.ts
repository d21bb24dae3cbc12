import { type DType, DTypeError, parameter, type Variable, variable, zeros } from "@tsuki/core";
import { expect, it } from "vitest";
import { onEveryDevice } from "../test/devices.ts";
import { backwardWith, weight } from "../test/training.ts";
import { AdamW } from "./adamw.ts";
import { CombinedOptimizer } from "./combined-optimizer.ts";
import { Muon } from "./muon.ts";
import type { Optimizer } from "./optimizer.ts";
import { SGD } from "./sgd.ts";

onEveryDevice("an optimizer with frozen parameters", (place) => {
  it("leaves frozen parameters as they are, of whatever dtype, until they are unfrozen", async () => {
    const frozen = (dtype: DType, shape: readonly number[]): Variable => variable(zeros(shape).cast(dtype));
    const weights = {
      codes: frozen("int8", [2, 3]),
      half: frozen("bfloat16", [3]),
      norm: weight(place, [1], [1]),
      late: weight(place, [2, 2], [1, 2, 3, 4]),
    };
    weights.late.requiresGrad = false;
    const make = (): readonly Optimizer[] => [
      new AdamW(weights, { skipNonFinite: true }),
      new CombinedOptimizer([
        new Muon({ matrix: weights.late, gain: weights.half }),
        new SGD({ codes: weights.codes, norm: weights.norm }, { momentum: 0.5 }),
      ]),
    ];
    for (const optimizer of make()) {
      const [before, late] = [await weights.norm.array(), await weights.late.array()];
      backwardWith([weights.norm, [1]]);
      await optimizer.step();
      expect(Object.keys(optimizer.stateDict().steps)).toEqual(["norm"]);
      expect(await weights.norm.array()).not.toEqual(before);
      expect(await weights.late.array()).toEqual(late);

      weights.late.requiresGrad = true;
      backwardWith([weights.norm, [1]], [weights.late, [1, 2, 3, 4]]);
      await optimizer.step();
      expect(await weights.late.array()).not.toEqual(late);
      // A gradient of before it was frozen is none.
      backwardWith([weights.late, [Number.NaN, 2, 3, 4]]);
      weights.late.requiresGrad = false;
      const after = await weights.late.array();
      await optimizer.step();
      expect(await weights.late.array()).toEqual(after);

      weights.half.requiresGrad = true;
      expect(() => optimizer.update()).toThrow(/"(half|gain)"/);
      weights.half.requiresGrad = false;
    }
  });

  it("constructs where everything is frozen, and then takes the dtype of what is unfrozen first", async () => {
    const a = weight(place, [1], [1]);
    const b = variable(zeros([1]).cast("bfloat16"));
    a.requiresGrad = false;
    const optimizer = new AdamW({ b, a });
    await optimizer.step();
    expect(optimizer.stateDict()).toEqual({ tensors: {}, steps: {} });
    a.requiresGrad = true;
    backwardWith([a, [1]]);
    await optimizer.step();
    expect(optimizer.stateDict().tensors["a.exp_avg"].dtype).toBe(place.dtype);
    b.requiresGrad = true;
    expect(() => optimizer.update()).toThrow('adamw: "b" is bfloat16');
  });

  it("names a parameter in 16 bits that is to be trained, and the remedy", () => {
    const half = parameter(zeros([2]).cast("bfloat16"));
    expect(() => new AdamW({ norm: weight(place, [1], [1]), half })).toThrow(
      new DTypeError(
        'adamw: "half" is bfloat16, and what is trained is float32 or float64: cast it (castParameters), or freeze it ' +
          "and train others, such as adapters (applyLoRA)",
      ),
    );
  });
});
