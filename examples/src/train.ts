/** `npm start`: trains a small Moonlight with Muon on the text of Moby-Dick. `npm start -- --help` lists the flags. */
import { join } from "node:path";
import { setDefaultDevice, stats, TsukiError } from "@tsuki/core";
import { parseCommandLine } from "./command-line.ts";
import { entropies } from "./entropy.ts";
import { interruption } from "./interruption.ts";
import { type Options, UsageError } from "./options.ts";
import { makeProgress } from "./progress.ts";
import { describeDevice, describeResult, describeRun, quote } from "./report.ts";
import { RunFolder, recordedOptions } from "./run-folder.ts";
import { Session, windowsOf } from "./session.ts";
import { readCorpus } from "./text.ts";

const say = (text = ""): void => void process.stdout.write(`${text}\n`);

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: readonly string[]): Promise<void> {
  const { options, out, resume, stopAfter } = parseCommandLine(args, recordedOptions);
  const corpus = readCorpus();
  const windows = windowsOf(corpus, options);
  await chooseDevice(options);

  const folder =
    resume === null ? RunFolder.create(out ?? join("runs", dateAndTime()), options) : RunFolder.open(resume);
  const signal = interruption((text) => process.stderr.write(`tsuki: ${text}\n`));
  const session = new Session(options, corpus, windows, folder);
  await session.restore((text) => process.stderr.write(`tsuki: ${text}\n`));

  say(`Tsuki trains a small Moonlight on Moby-Dick. Run: ${folder.path}\n`);
  say(`${describeRun(options, session.model.config, corpus)}\n\n${session.groups.table()}\n`);
  if (session.step === 0) {
    await show("Before training", session, signal);
    await session.validate("part");
  } else {
    say(`Going on after step ${session.step}.\n`);
  }

  await train(session, stopAfter ?? options.steps, signal);
  if (session.step === options.steps && !signal.aborted) await finish(session, signal);
  else say(`\nStopped after step ${session.step}. To go on: npm start -- --resume ${folder.path}`);
  folder.close();
}

/** Trains up to a step, or until the signal; every step done is in a checkpoint then. */
async function train(session: Session, end: number, signal: AbortSignal): Promise<void> {
  const { steps, evalEvery, checkpointEvery, logEvery } = session.options;
  const last = Math.min(end, steps);
  if (session.step >= last) return;
  const progress = makeProgress(process.stdout, { steps, done: session.step, logEvery, signal });
  try {
    while (session.step < last && !signal.aborted) {
      const metrics = await session.train();
      if (session.step % evalEvery === 0 && session.step < steps) await session.validate("part");
      if (session.step % checkpointEvery === 0) await session.save();
      progress.show(metrics, session.validationLoss);
    }
  } finally {
    progress.end();
  }
  if (session.saved < session.step) await session.save();
}

/** Validates on the whole text, shows what the model writes now, and sums up. */
async function finish(session: Session, signal: AbortSignal): Promise<void> {
  const { validationLoss } = await session.validate("whole");
  say();
  await show("After training", session, signal);
  const tokens = session.step * session.tokensPerStep;
  say(`${describeResult(validationLoss, entropies(session.corpus.validation), tokens, session.seconds)}\n`);
  say(describeDevice(stats()));
}

async function show(title: string, session: Session, signal: AbortSignal): Promise<void> {
  if (session.options.sampleLength === 0 || signal.aborted) return;
  say(`${title}:\n${quote(await session.sample(signal))}\n`);
}

async function chooseDevice({ device, threads }: Options): Promise<void> {
  if (device === "reference") await import("@tsuki/core/reference");
  setDefaultDevice(device, threads === null ? {} : { threads });
}

/** `2026-02-24T09-30-00`, local time: a folder's name that sorts. */
function dateAndTime(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replaceAll(":", "-");
}

/** Our own errors and those of files say what is wrong; others show where. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof TsukiError || (error instanceof Error && "code" in error)) return `tsuki: ${error.message}`;
  return `tsuki: ${error instanceof Error ? error.stack : String(error)}`;
}
