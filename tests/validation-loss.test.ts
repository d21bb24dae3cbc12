import { setDefaultDevice, stats, tensor } from "@tsuki/core";
import { validationLoss } from "@tsuki/data";
import { languageModelLoss, type Moonlight } from "@tsuki/moe";
import { inference } from "@tsuki/nn";
import { beforeAll, describe, expect, it } from "vitest";
import "@tsuki/core/reference";
import { makeModel } from "../examples/src/moonlight/model.ts";
import { schema } from "../examples/src/moonlight/options.ts";

const options = schema.complete({ hidden: 8, heads: 2, layers: 2, experts: 4, sequence: 8, initStd: 0.5 });
/** Windows of 8 begin at 0, 7, … 49; the last one has 3 predictions. */
const text = Uint8Array.from({ length: 53 }, (_, place) => (place * place * 7) % 251);

let model: Moonlight;
beforeAll(() => {
  setDefaultDevice("reference");
  model = makeModel(options);
});

/** Total loss of the predictions in one window, as the model sees it alone. */
async function natsOf(start: number): Promise<number> {
  const window = text.slice(start, start + 8);
  const ids = tensor(Int32Array.from(window), { shape: [1, window.length] });
  return (await inference(model, () => languageModelLoss(model, ids).crossEntropy).item()) * (window.length - 1);
}

describe("validation loss", () => {
  it("is the mean over every byte but the first, however windows fall into batches", async () => {
    let nats = 0;
    for (let start = 0; start < 52; start += 7) nats += await natsOf(start);
    for (const batch of [1, 3, 8, 20]) {
      expect(await validationLoss(model, text, { batch, length: 8 })).toBeCloseTo(nats / 52, 5);
    }
  });

  it("on a part: on windows that lie evenly", async () => {
    const part = await validationLoss(model, text, { batch: 2, length: 8, batches: 2 });
    const nats = [0, 14, 28, 42].map(natsOf);
    expect(part).toBeCloseTo((await Promise.all(nats)).reduce((sum, one) => sum + one) / 28, 5);
  });

  it("compiles one plan, counts no load, and leaves the model in training", async () => {
    await validationLoss(model, text, { batch: 5, length: 8 });
    const { plansCompiled } = stats();
    await validationLoss(model, text, { batch: 5, length: 8, batches: 1 });
    expect(stats().plansCompiled).toBe(plansCompiled);
    expect(model.training).toBe(true);
    for (const router of model.routers().values()) expect(await router.load.array()).toEqual([0, 0, 0, 0]);
  });
});
