import { join } from "node:path";
import { Llama } from "@tsuki/nn";
import { readRun } from "@tsuki/report";
import { loadNewestCheckpoint, UsageError } from "@tsuki/train/node";
import { configOf } from "../characters/model.ts";
import { schema as characters } from "../characters/options.ts";

/**
 * The model of a run of `characters`, with the weights of its newest checkpoint.
 *
 * @throws UsageError where the folder holds none
 */
export async function loadBase(folder: string): Promise<Llama> {
  const refuse = (why: string): never => {
    throw new UsageError(`error: --base ${folder}: ${why}`);
  };
  const { program, config } = await readRun(folder).catch((error: Error) => refuse(error.message));
  if (program !== "characters") refuse(`it is a run of "${program}", not of "characters"`);
  const checkpoint = await loadNewestCheckpoint(join(folder, "checkpoints"));
  const model = new Llama(configOf(characters.from(config, join(folder, "config.json"))));
  model.loadStateDict((checkpoint ?? refuse("it has no checkpoint yet")).model);
  return model;
}
