import { mkdirSync, writeFileSync } from "node:fs";
import { saveSafetensors } from "@tsuki/core/files";
import { flagOf, loadNewestCheckpoint, parseCommandLine, RunFolder, readRecord, UsageError } from "@tsuki/train/node";
import { type Options, schema } from "../../examples/src/moonlight/options.ts";
import { windowsOf } from "../../examples/src/moonlight/windows.ts";
import { type Cases, inFolder } from "./collect.ts";

const options = schema.complete({});
const record = { program: "moonlight", config: options, environment: {} };
const program = { command: "npm start --", about: "Trains.", schema };
const noRun = (folder: string): Options => {
  throw new UsageError(`error: --resume ${folder}: no run is there`);
};

/** `npm start -- …` */
function commands(...lines: readonly (readonly string[])[]): Cases {
  const title = (args: readonly string[]): string =>
    args.map((arg) => (/^[-\w./]+$/.test(arg) ? arg : JSON.stringify(arg))).join(" ");
  return Object.fromEntries(
    lines.map((args) => [title(args), () => parseCommandLine(args, { ...program, recorded: noRun })]),
  );
}

/** A value that no flag takes. */
const everyFlag = schema.names.map((name) => [flagOf(name), name === "prompt" ? "" : "-1"]);

export const flags: Cases = {
  ...commands(
    ...everyFlag,
    ["--stop-after", "0"],
    ["--steps", "1e3"],
    ["--steps", "many"],
    ["--steps"],
    ["--lr", "Infinity"],
    ["--threads", "65"],
    ["--momentum", "1"],
    ["--final-lr", "1.5"],
    ["--optimizer", "sgd"],
    ["--device", "gpu"],
    ["--heads", "3"],
    ["--top-k", "9"],
    ["--dense-layers", "5"],
    ["--rope-dim", "3"],
    ["--warmup", "301"],
    ["--learning-rate", "1"],
    ["-s"],
    ["more"],
    ["--resume", "runs/a"],
    ["--resume", "runs/a", "--out", "runs/b"],
  ),
  "--resume runs/a --seed 8": () =>
    parseCommandLine(["--resume", "runs/a", "--seed", "8"], { ...program, recorded: () => options }),
};

export const runFolders: Cases = {
  "a config.json without a field": () => schema.from({ ...options, hidden: undefined }, "config.json"),
  "a config.json with a value of another type": () => schema.from({ ...options, lr: "fast" }, "config.json"),
  "a config.json with null": () => schema.from({ ...options, batch: null }, "config.json"),
  "a config.json whose values do not fit together": () => schema.from({ ...options, topK: 9 }, "config.json"),
  "--resume of a folder without a run": () => inFolder((path) => readRecord(path("none"), "moonlight")),
  "--resume of a config.json that is no JSON": () =>
    inFolder((path) => {
      writeFileSync(path("config.json"), "steps: 3");
      readRecord(path("."), "moonlight");
    }),
  "--resume of a config.json that is a number": () =>
    inFolder((path) => {
      writeFileSync(path("config.json"), "1");
      readRecord(path("."), "moonlight");
    }),
  "--out of a folder with a run": () =>
    inFolder((path) => {
      writeFileSync(path("config.json"), "{}");
      RunFolder.create(path("."), record);
    }),
  "--out of a folder with something else": () =>
    inFolder((path) => {
      writeFileSync(path("notes.txt"), "");
      RunFolder.create(path("."), record);
    }),
  "--out below a file": () =>
    inFolder((path) => {
      writeFileSync(path("notes.txt"), "");
      RunFolder.create(path("notes.txt/run"), record);
    }),
  "a folder in which another process trains": () =>
    inFolder((path) => {
      mkdirSync(path("run"));
      writeFileSync(path("run/lock"), String(process.ppid));
      RunFolder.open(path("run"));
    }),
  "a checkpoint without its position": () =>
    inFolder(async (path) => {
      mkdirSync(path("step-000001"));
      for (const name of ["model", "training"]) await saveSafetensors(path(`step-000001/${name}.safetensors`), {});
      await loadNewestCheckpoint(path("."));
    }),
  "a text that is too short for a batch": () =>
    windowsOf({ training: new Uint8Array(100), validation: new Uint8Array(0) }, options),
};
