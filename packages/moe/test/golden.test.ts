import { arange, readAll, type Tensor, type TensorData, type Variable, where } from "@tsuki/core";
import { expect, test } from "vitest";
import type { DecoderContext } from "../src/block.ts";
import { languageModelLoss } from "../src/loss.ts";
import type { Moonlight } from "../src/model.ts";
import type { Observation } from "../src/observation.ts";
import { Golden, inEachSetting, readJson, readTensors, tinyMoonlight } from "./fixture.ts";

const outputs = { to: 5e-5 };

interface Losses {
  readonly loss: { readonly f64: number };
  readonly padded: { readonly loss_f64: number };
  readonly positions: { readonly loss_f64: number };
  readonly bf16_weights: { readonly loss_f64: number };
}

inEachSetting((setting) => {
  const lossTolerance = setting.dtype === "float64" ? 1e-9 : 1e-5;
  const losses = async (): Promise<Losses> => (await readJson("golden")) as Losses;

  /** Everything that a forward pass shows, under the golden names. */
  function trace(model: Moonlight, ids: Tensor, context: DecoderContext = {}): Record<string, Tensor> {
    const traced: Record<string, Tensor> = {};
    const observe = (seen: Observation): void => {
      if (seen.kind === "hidden") traced[hiddenName(seen.place)] = seen.value;
      else if (seen.kind === "routing") {
        for (const [name, value] of Object.entries(seen.routing)) traced[`router.layer.${seen.layer}.${name}`] = value;
      } else if (seen.kind === "projections") {
        const { queries, keys } = seen.projections;
        traced[`attention.layer.${seen.layer}.probabilities`] = causalSoftmax(queries, keys);
      } else traced[`${seen.kind}.layer.${seen.layer}.output`] = seen.output;
    };
    traced.logits = model.call(ids, { ...context, observe });
    return traced;
  }

  test("logits, hidden states, attention and MLP outputs", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const traced = trace(model, golden.input("input_ids"));
    const values = await readAll(traced);
    const compared = Object.keys(traced).filter((name) => !name.startsWith("router."));
    expect(compared).toHaveLength(1 + 5 + 3 * 3);
    for (const name of compared) golden.expectClose(values[name], name, outputs);
  });

  test("router choices, weights and scores", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const values = await readAll(trace(model, golden.input("input_ids")));
    for (const layer of [1, 2]) {
      const [indices, weights] = ["indices", "weights"].map((name) => values[`router.layer.${layer}.${name}`]);
      const order = byExpert(indices.data, indices.shape[1]);
      const sorted = { ...indices, data: Int32Array.from(order, (place) => indices.data[place]) };
      expect(sorted.data).toEqual(golden.data(`router.layer.${layer}.indices`).data);
      const inOrder = { ...weights, data: Float64Array.from(order, (place) => weights.data[place]) };
      golden.expectClose(inOrder, `router.layer.${layer}.weights`, { to: 1e-5 });
      golden.expectClose(values[`router.layer.${layer}.scores`], `router.layer.${layer}.scores`, { to: 1e-5 });
    }
  });

  test("the loss and every gradient", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const { loss } = languageModelLoss(model, golden.input("input_ids"));
    loss.backward();
    expect(Math.abs((await loss.item()) - (await losses()).loss.f64)).toBeLessThan(lossTolerance);
    const gradients = await readAll(gradientsOf(model));
    let compared = 0;
    for (const [name, gradient] of Object.entries(gradients)) {
      const [, experts, projection] = name.match(/^(.*\.experts)\.(\w+)$/) ?? [];
      if (experts === undefined) {
        golden.expectClose(gradient, `grad.${name}`, { toLargest: 1e-4 });
        compared++;
        continue;
      }
      const [count, ...shape] = gradient.shape;
      const size = gradient.data.length / count;
      for (let expert = 0; expert < count; expert++) {
        const slice = { ...gradient, shape, data: gradient.data.slice(expert * size, (expert + 1) * size) };
        golden.expectClose(slice, `grad.${experts}.${expert}.${projection}.weight`, { toLargest: 1e-4 });
        compared++;
      }
    }
    // All tensors of the file but the two router biases.
    expect(compared).toBe(83);
    for (const router of model.routers().values()) expect(router.eScoreCorrectionBias.grad).toBeNull();
  });

  test("a batch that is padded on the left", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const mask = golden.mask("padded.mask");
    const context = { mask, positions: golden.input("padded.position_ids") };
    const ids = golden.input("padded.input_ids");
    const { loss } = languageModelLoss(model, ids, { ...context, labels: golden.input("padded.labels") });
    const unpadded = (logits: Tensor): Tensor => where(mask.unsqueeze(2), logits, 0);
    const values = await readAll({
      loss,
      logits: unpadded(model.call(ids, context)),
      // Attention knows differences of positions alone: those of the padded row serve as well.
      defaultPositions: unpadded(model.call(ids, { mask })),
    });
    golden.expectClose(values.logits, "padded.logits", outputs);
    golden.expectClose(values.defaultPositions, "padded.logits", outputs);
    expect(Math.abs(values.loss.data[0] - (await losses()).padded.loss_f64)).toBeLessThan(lossTolerance);
  });

  test("padding leaves no trace in a gradient", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const context = { mask: golden.mask("padded.mask"), labels: golden.input("padded.labels") };
    const ids = golden.input("padded.input_ids");
    const gradients = (padding: number): Promise<Record<string, TensorData>> => {
      for (const parameter of model.parameters()) parameter.zeroGrad();
      languageModelLoss(model, where(context.mask, ids, padding), context).loss.backward();
      return readAll(gradientsOf(model));
    };
    const [zero, other] = [await gradients(0), await gradients(77)];
    for (const [name, { data }] of Object.entries(zero)) {
      const largest = Math.max(...Array.from(data, Math.abs));
      const difference = Math.max(...Array.from(data, (value, i) => Math.abs(value - other[name].data[i])));
      expect(difference, name).toBeLessThanOrEqual(1e-5 * largest);
    }
  });

  test("free positions for each row", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const positions = golden.input("positions.position_ids");
    const ids = golden.input("input_ids");
    const { loss } = languageModelLoss(model, ids, { positions });
    const values = await readAll({ loss, logits: model.call(ids, { positions }) });
    golden.expectClose(values.logits, "positions.logits", outputs);
    expect(Math.abs(values.loss.data[0] - (await losses()).positions.loss_f64)).toBeLessThan(lossTolerance);
  });

  test("the state is the file's, name by name and bit by bit", async () => {
    const [file, state] = [await readTensors("model"), await (await tinyMoonlight(setting)).stateDict()];
    expect(new Set(Object.keys(state))).toEqual(new Set(Object.keys(file)));
    for (const [name, { shape, data }] of Object.entries(file)) {
      expect(state[name].shape).toEqual(shape);
      expect(Array.from(state[name].data), name).toEqual(Array.from(data));
    }
  });

  test("weights in bfloat16", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting, "model-bf16")];
    const ids = golden.input("input_ids");
    const { loss } = languageModelLoss(model, ids);
    const values = await readAll({ loss, logits: model.call(ids) });
    golden.expectClose(values.logits, "bf16_weights.logits", outputs);
    expect(Math.abs(values.loss.data[0] - (await losses()).bf16_weights.loss_f64)).toBeLessThan(lossTolerance);
  });
});

function gradientsOf(model: Moonlight): Record<string, Variable> {
  const named = Object.entries(model.namedParameters());
  return Object.fromEntries(named.flatMap(([name, { grad }]) => (grad ? [[name, grad]] : [])));
}

function hiddenName(place: "embedding" | "norm" | number): string {
  return place === "embedding" ? "hidden.embed" : place === "norm" ? "hidden.final_norm" : `hidden.layer.${place}`;
}

/** What attention weighs values with, written plainly: [B, H, T, T]. */
function causalSoftmax(queries: Tensor, keys: Tensor): Tensor {
  const [, , length, width] = queries.shape;
  const scores = queries.matmul(keys.transpose()).div(Math.sqrt(width));
  const earlier = arange(length).le(arange(length).unsqueeze(1));
  return where(earlier, scores, Number.NEGATIVE_INFINITY).softmax();
}

/** Places of a table of experts in the order of expert numbers within each row of k. */
function byExpert(experts: ArrayLike<number>, k: number): number[] {
  return Array.from(experts, (_, place) => place).sort(
    (a, b) => Math.floor(a / k) - Math.floor(b / k) || experts[a] - experts[b],
  );
}
