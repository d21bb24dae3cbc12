import { existsSync } from "node:fs";
import { Generator, setDefaultDevice, type TensorData } from "@tsuki/core";
import { saveSafetensors } from "@tsuki/core/files";
import { Moonlight } from "@tsuki/moe";
import { Llama } from "@tsuki/nn";
import type { TrainingWork } from "./workloads.ts";

/** Batches of tokens in a file. */
const batches = 16;

/** Writes what all contestants begin with, if it is not there yet: initial weights, and tokens that can be learned. */
export async function writeTraining(work: TrainingWork, batch: number, length: number): Promise<TrainingWork> {
  if (existsSync(work.file)) return work;
  const device = setDefaultDevice("wasm", { threads: 1 });
  const { model } = work;
  const made =
    model.name === "llama" ? new Llama(model.config, new Generator(1)) : new Moonlight(model.config, new Generator(1));
  const weights = await made.stateDict();
  await device.close();
  await saveSafetensors(work.file, { ...weights, ids: tokens(batch, length + 1, model.config.vocabSize) });
  return work;
}

/** A text in which each token allows four next ones. int32 [batches, B, T] */
function tokens(batch: number, length: number, vocabulary: number): TensorData {
  const data = new Int32Array(batches * batch * length);
  let random = 1;
  let token = 0;
  for (let i = 0; i < data.length; i++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    token = (5 * token + (random >>> 30)) % vocabulary;
    data[i] = token;
  }
  return { dtype: "int32", shape: [batches, batch, length], data };
}
