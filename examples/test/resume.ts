import type { Checkpoint, RunEvent, Trainer } from "@tsuki/train";
import type { CommonConfig, Program } from "@tsuki/train/node";
import { expect } from "vitest";

/** Expects of a program that what is made anew and restored from a checkpoint goes on bit for bit. */
export async function expectExactResume<Config extends CommonConfig, B>(
  { make }: Program<Config, B>,
  config: Config,
): Promise<void> {
  const heard: RunEvent[] = [];
  const made = async (): Promise<Trainer<B>> => (await make(config, (event) => heard.push(event))).trainer;
  const straight = await made();
  await advance(straight);
  const checkpoint = await straight.checkpoint();
  heard.length = 0;
  await advance(straight);
  const expected = [heard.splice(0).map(timeless), withoutTime(await straight.checkpoint())];

  const resumed = await made();
  await resumed.restore(checkpoint);
  await advance(resumed);
  expect([heard.map(timeless), withoutTime(await resumed.checkpoint())]).toEqual(expected);
}

/** Three steps, with a validation between them. */
async function advance<B>(trainer: Trainer<B>): Promise<void> {
  await trainer.train();
  await trainer.validate("part");
  await trainer.train();
  await trainer.train();
}

function timeless(event: RunEvent): RunEvent {
  return event.kind === "step" ? { ...event, seconds: 0, tokensPerSecond: 0 } : { ...event, seconds: 0 };
}

function withoutTime({ position, ...tensors }: Checkpoint): Checkpoint {
  return { ...tensors, position: { ...position, seconds: 0 } };
}
