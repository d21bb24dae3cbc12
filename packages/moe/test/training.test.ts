import { fromData, realize, stats, type TensorData } from "@tsuki/core";
import { MuonWithAdamW, moonlightGroups } from "@tsuki/optim";
import { expect, test } from "vitest";
import { languageModelLoss } from "../src/loss.ts";
import { Golden, inEachSetting, readJson, readTensors, tinyMoonlight } from "./fixture.ts";

interface Training {
  readonly losses: { readonly f64: readonly number[] };
  readonly loss_on_first_batch_after_training: { readonly f64: number };
  readonly untouched_parameters: readonly string[];
}

inEachSetting((setting) => {
  const exact = setting.dtype === "float64";
  const tolerance = exact ? 1e-9 : 1e-4;

  test("the 20-step Muon curve, in one plan", async () => {
    const recorded = (await readJson("train")) as Training;
    const [files, start, model] = [
      await readTensors("train"),
      await readTensors("model"),
      await tinyMoonlight(setting),
    ];
    model.train();
    const optimizer = new MuonWithAdamW(moonlightGroups(model.namedParameters()), {
      lr: 2e-3,
      adamw: { epsOrder: "beforeBiasCorrection" },
    });
    const routers = [...model.routers().values()];
    await realize();
    const { plansCompiled: before } = stats();
    for (const [step, expected] of recorded.losses.f64.entries()) {
      const { loss } = languageModelLoss(model, fromData(batchOf(files.tokens, step)));
      loss.backward();
      optimizer.update();
      const loads = routers.map(({ load }) => load.read().keep());
      // Moonlight's last stage: the biases stay, the counting starts anew.
      model.updateBias(0);
      await realize();
      expect(Math.abs((await loss.item()) - expected), `step ${step}`).toBeLessThan(tolerance);
      const routed = (await Promise.all(loads.map((load) => load.data()))).flatMap((load) => Array.from(load));
      if (exact) expect(routed).toEqual(Array.from(batchOf(files.routed_tokens, step).data));
    }
    // And the optimizer's initial state.
    expect(stats().plansCompiled - before).toBe(2);

    const after = languageModelLoss(model.eval(), fromData(batchOf(files.tokens, 0))).loss;
    expect(Math.abs((await after.item()) - recorded.loss_on_first_batch_after_training.f64)).toBeLessThan(tolerance);
    const final = await model.stateDict();
    for (const name of recorded.untouched_parameters) {
      expect(Array.from(final[name].data)).toEqual(Array.from(start[name].data));
    }
    if (!exact) return;
    const golden = new Golden(files, setting);
    const finals = Object.keys(files).filter((name) => name.startsWith("f64.final."));
    expect(finals).toHaveLength(7);
    for (const name of finals) golden.expectClose(final[name.slice("f64.final.".length)], name, { to: 1e-9 });
  });
});

function batchOf({ data, shape: [, ...shape] }: TensorData, step: number): TensorData {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { dtype: "int32", shape, data: data.slice(step * size, (step + 1) * size) };
}
