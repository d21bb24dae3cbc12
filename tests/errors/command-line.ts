import { mkdirSync, writeFileSync } from "node:fs";
import { saveSafetensors } from "@tsuki/core/files";
import { loadNewestCheckpoint } from "../../examples/src/checkpoint.ts";
import { parseCommandLine } from "../../examples/src/command-line.ts";
import { complete, type Options, optionNames, optionsFrom, UsageError } from "../../examples/src/options.ts";
import { RunFolder, recordedOptions } from "../../examples/src/run-folder.ts";
import { windowsOf } from "../../examples/src/session.ts";
import { type Cases, inFolder } from "./collect.ts";

const options = complete({});
const noRun = (folder: string): Options => {
  throw new UsageError(`error: --resume ${folder}: no run is there`);
};

/** `npm start -- …` */
function commands(...lines: readonly (readonly string[])[]): Cases {
  const title = (args: readonly string[]): string =>
    args.map((arg) => (/^[-\w./]+$/.test(arg) ? arg : JSON.stringify(arg))).join(" ");
  return Object.fromEntries(lines.map((args) => [title(args), () => parseCommandLine(args, noRun)]));
}

const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
/** A value that no flag takes. */
const everyFlag = optionNames.map((name) => [flagOf(name), name === "prompt" ? "" : "-1"]);

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
  "--resume runs/a --seed 8": () => parseCommandLine(["--resume", "runs/a", "--seed", "8"], () => options),
};

export const runFolders: Cases = {
  "a config.json without a field": () => optionsFrom({ ...options, hidden: undefined }, "config.json"),
  "a config.json with a value of another type": () => optionsFrom({ ...options, lr: "fast" }, "config.json"),
  "a config.json with null": () => optionsFrom({ ...options, batch: null }, "config.json"),
  "a config.json whose values do not fit together": () => optionsFrom({ ...options, topK: 9 }, "config.json"),
  "--resume of a folder without a run": () => inFolder((path) => recordedOptions(path("none"))),
  "--resume of a config.json that is no JSON": () =>
    inFolder((path) => {
      writeFileSync(path("config.json"), "steps: 3");
      recordedOptions(path("."));
    }),
  "--resume of a config.json that is a number": () =>
    inFolder((path) => {
      writeFileSync(path("config.json"), "1");
      recordedOptions(path("."));
    }),
  "--out of a folder with a run": () =>
    inFolder((path) => {
      writeFileSync(path("config.json"), "{}");
      RunFolder.create(path("."), options);
    }),
  "--out of a folder with something else": () =>
    inFolder((path) => {
      writeFileSync(path("notes.txt"), "");
      RunFolder.create(path("."), options);
    }),
  "--out below a file": () =>
    inFolder((path) => {
      writeFileSync(path("notes.txt"), "");
      RunFolder.create(path("notes.txt/run"), options);
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
