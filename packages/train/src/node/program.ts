import { join } from "node:path";
import { defaultDevice, setDefaultDevice, TsukiError } from "@tsuki/core";
import type { RunEvent } from "../events.ts";
import { NonFiniteLossError, type Trainer } from "../trainer.ts";
import { type Invocation, parseCommandLine } from "./command-line.ts";
import type { ConfigSchema } from "./config-schema.ts";
import { interruption } from "./interruption.ts";
import { Run, type RunOptions } from "./run.ts";
import { newRunPath, RunFolder, type RunRecord, readRecord } from "./run-folder.ts";
import { UsageError } from "./usage-error.ts";

/** What every program can be told. */
export interface CommonConfig
  extends Pick<RunOptions<unknown>, "steps" | "checkpointEvery" | "keep" | "evalEvery" | "logEvery"> {
  readonly device: "wasm" | "reference";
  /** `null`: one a core. */
  readonly threads: number | null;
}

/** What a program trains, and what it says about it. */
export interface Task<B> {
  readonly trainer: Trainer<B>;
  /** The `config.json` of a checkpoint. */
  readonly modelConfig: Readonly<Record<string, unknown>>;
  /** Printed before the first step. */
  readonly description: string;
  /** Before the first step of all; a run that goes on skips it. */
  begin?(signal: AbortSignal): Promise<void>;
  /** After the last step; `folder` is that of the run. */
  finish?(signal: AbortSignal, folder: string): Promise<void>;
}

export interface Program<Config extends CommonConfig, B> {
  /** Kept with the run, so that another program does not resume it. */
  readonly name: string;
  /** How it is called, such as `npm start --`. */
  readonly command: string;
  readonly about: string;
  readonly schema: ConfigSchema<Config>;
  /**
   * Makes everything anew from the config.
   *
   * @param listen Is to be told of every event.
   * @throws UsageError where the data do not fit the config
   */
  readonly make: (config: Config, listen: (event: RunEvent) => void) => Task<B> | Promise<Task<B>>;
  /** Writes the report of a run that came to its end, was stopped, or diverged, and gives its path. */
  readonly report?: (folder: string) => Promise<string>;
  /** Serves the report while the run goes on; port 0 is any free one. */
  readonly dashboard?: (folder: string, options: { readonly port: number }) => Promise<Dashboard>;
}

/** The report of a run, served while it goes on. */
export interface Dashboard {
  readonly url: string;
  close(): Promise<void>;
}

/** Prints a line. */
export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/**
 * A training program from its command line to its end: makes or resumes the folder of the run, trains, and stops after the
 * step in progress at Ctrl-C. Errors are one line on stderr: exit code 2 for a wrong command line, 1 for any other.
 *
 * @returns Whether it came to its end: it was neither stopped nor did it fail.
 */
export async function runProgram<Config extends CommonConfig, B>(
  program: Program<Config, B>,
  args: readonly string[],
): Promise<boolean> {
  try {
    return await run(program, args);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
    return false;
  }
}

/**
 * The config with which a run of a program began.
 *
 * @throws UsageError where the folder holds no run of it
 */
export function recordedConfig<Config extends object>(
  { name, schema }: { readonly name: string; readonly schema: ConfigSchema<Config> },
  folder: string,
): Config {
  return schema.from({ ...readRecord(folder, name).config }, join(folder, "config.json"));
}

async function run<Config extends CommonConfig, B>(
  program: Program<Config, B>,
  args: readonly string[],
): Promise<boolean> {
  const { name, command, about, schema, make } = program;
  const recorded = (folder: string): Config => recordedConfig(program, folder);
  const hasDashboard = program.dashboard !== undefined;
  const invocation = parseCommandLine(args, { command, about, schema, recorded, hasDashboard });
  const { config, out, resume } = invocation;
  await chooseDevice(config);

  // Made before its folder: what does not fit leaves none behind.
  let log: ((event: RunEvent) => void) | null = null;
  const task = await make(config, (event) => log?.(event));
  const folder =
    resume === null
      ? RunFolder.create(out ?? newRunPath(), { program: name, config, environment: await environment() })
      : RunFolder.open(resume);
  log = (event) => folder.log(event);
  const { port } = invocation;
  const interrupted = interruption(warn);
  let dashboard: Dashboard | undefined;
  try {
    if (port !== null) dashboard = await program.dashboard?.(folder.path, { port });
    if (dashboard) say(`Dashboard: ${dashboard.url}\n`);
    return await trainIn(folder, task, program, invocation, interrupted.signal);
  } finally {
    interrupted.dispose();
    folder.close();
    // After the folder, whose lock tells its pages that the run goes on.
    await dashboard?.close();
  }
}

async function trainIn<Config extends CommonConfig, B>(
  folder: RunFolder,
  task: Task<B>,
  { about, command, report }: Program<Config, B>,
  { config, stopAfter, ...invocation }: Invocation<Config>,
  signal: AbortSignal,
): Promise<boolean> {
  const { trainer, modelConfig, description } = task;
  const training = new Run({ ...config, folder, trainer, modelConfig });
  await training.restore(warn);
  folder.logCsv(invocation.csv);

  say(`${about} Run: ${folder.path}\n\n${description}\n`);
  if (trainer.step > 0 || trainer.accumulated > 0) say(`Going on after step ${trainer.step}.\n`);
  else await task.begin?.(signal);
  const writeReport = async (): Promise<void> => {
    if (report && invocation.report) say(`\nReport: ${await report(folder.path)}`);
  };
  try {
    await training.train(stopAfter ?? config.steps, signal);
  } catch (error) {
    // Its curves say how it came to that.
    if (error instanceof NonFiniteLossError) await writeReport();
    throw error;
  }
  const isLast = trainer.step === config.steps && !signal.aborted;
  if (isLast) await task.finish?.(signal, folder.path);
  else say(`\nStopped after step ${trainer.step}. To go on: ${command} --resume ${folder.path}`);
  const ended = isLast && !signal.aborted;
  await writeReport();
  return ended;
}

function warn(text: string): void {
  process.stderr.write(`tsuki: ${text}\n`);
}

async function chooseDevice({ device, threads }: CommonConfig): Promise<void> {
  if (device === "reference") await import("@tsuki/core/reference");
  setDefaultDevice(device, threads === null ? {} : { threads });
}

/** What a run's bits and speed depend on besides its config. */
async function environment(): Promise<RunRecord["environment"]> {
  const backend = await defaultDevice().backend();
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    contracted: "contracted" in backend && backend.contracted === true,
    began: new Date().toISOString(),
  };
}

/** Our own errors and those of files say what is wrong; others show where. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof TsukiError || (error instanceof Error && "code" in error)) return `tsuki: ${error.message}`;
  return `tsuki: ${error instanceof Error ? error.stack : String(error)}`;
}
