import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormatError } from "@tsuki/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadNewestCheckpoint, type SavedCheckpoint, saveCheckpoint } from "./checkpoint-files.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "tsuki-checkpoint-")), "checkpoints");
});
afterEach(() => rm(join(folder, ".."), { recursive: true }));

function checkpoint(step: number, microBatches = 0): SavedCheckpoint {
  const tensors = { w: { dtype: "float32" as const, shape: [2], data: Float32Array.of(step, -0) } };
  return {
    model: tensors,
    training: step === 0 ? {} : tensors,
    position: {
      step,
      tokens: 8 * step,
      seconds: 1.5,
      validationLoss: null,
      bestLoss: 1 / 3,
      optimizerSteps: { w: step },
      accumulated: Array.from({ length: microBatches }, (_, i) => ({ loss: i / 3, metrics: { accuracy: 0.1 } })),
      batches: { generator: { seed: 2 ** 32 + 1, counter: 7 }, taken: 12 },
      state: { sampler: { seed: 2 ** 33, counter: 0 } },
      defaultGenerator: { seed: 0, counter: 3 },
      contracted: true,
    },
    metrics: 123,
  };
}

const save = (step: number, keep = 2): Promise<void> =>
  saveCheckpoint(folder, checkpoint(step), { model_type: "x" }, keep);

describe("checkpoints", () => {
  it("there is none at first", async () => {
    expect(await loadNewestCheckpoint(folder)).toBeNull();
    await mkdir(folder);
    expect(await loadNewestCheckpoint(folder)).toBeNull();
  });

  it("come back as they were", async () => {
    for (const step of [0, 5]) {
      await save(step);
      expect(await loadNewestCheckpoint(folder)).toEqual(checkpoint(step));
    }
  });

  it("within a step are newer than the step's own", async () => {
    await save(5);
    await saveCheckpoint(folder, checkpoint(5, 2), {}, 9);
    await saveCheckpoint(folder, checkpoint(5, 10), {}, 9);
    expect((await readdir(folder)).sort()).toEqual(["step-000005", "step-000005-10", "step-000005-2"]);
    expect(await loadNewestCheckpoint(folder)).toEqual(checkpoint(5, 10));
    await save(6, 1);
    expect(await readdir(folder)).toEqual(["step-000006"]);
  });

  it("the newest ones are kept, by the number of their step", async () => {
    for (const step of [900_000, 999_999, 1_000_000]) await save(step);
    expect((await readdir(folder)).sort()).toEqual(["step-1000000", "step-999999"]);
    await save(1_000_001, 1);
    expect(await readdir(folder)).toEqual(["step-1000001"]);
  });

  it("what was being written when the process ended is no checkpoint, and the next one removes it", async () => {
    await save(3);
    await mkdir(join(folder, ".step-000004.tmp"));
    await writeFile(join(folder, ".step-000004.tmp", "model.safetensors"), "half");
    expect((await loadNewestCheckpoint(folder))?.position.step).toBe(3);
    await save(4);
    expect((await readdir(folder)).sort()).toEqual(["step-000003", "step-000004"]);
  });

  it("a damaged file is named", async () => {
    await save(3);
    const file = join(folder, "step-000003", "model.safetensors");
    await truncate(file, 20);
    await expect(loadNewestCheckpoint(folder)).rejects.toThrow(FormatError);
    await expect(loadNewestCheckpoint(folder)).rejects.toThrow(file);
    await saveCheckpoint(folder, { ...checkpoint(4), metrics: Number.NaN }, {}, 1);
    await expect(loadNewestCheckpoint(folder)).rejects.toThrow(
      "training.safetensors: the metadata hold no position in the metrics",
    );
  });
});
