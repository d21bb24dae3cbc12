import { flagOf, parseCommandLine, UsageError } from "@tsuki/train/node";
import { describe, expect, it } from "vitest";
import { type Options, schema } from "./options.ts";

const about = { command: "npm start --", about: "Trains.", schema };
const noRun = (folder: string): Options => {
  throw new UsageError(`error: --resume ${folder}: no run is there`);
};

function parse(...args: string[]) {
  return parseCommandLine(args, { ...about, recorded: noRun });
}

function resume(recorded: Options, ...args: string[]) {
  return parseCommandLine(["--resume", "runs/a", ...args], { ...about, recorded: () => recorded });
}

describe("options", () => {
  it("defaults follow from the others", () => {
    const muon = parse().config;
    expect(muon).toMatchObject({
      optimizer: "muon",
      lr: 6e-3,
      warmup: 30,
      hidden: 128,
      latent: 64,
      ropeDim: 16,
      threads: null,
    });
    const adamw = parse("--optimizer", "adamw", "--steps", "50", "--hidden", "64", "--top-k", "4").config;
    expect(adamw).toMatchObject({
      lr: 1.5e-3,
      warmup: 5,
      latent: 32,
      ropeDim: 8,
      denseWidth: 192,
      expertWidth: 64,
      routedScaling: 2,
    });
  });

  it("every option is a flag that the help names", () => {
    for (const name of schema.names) {
      const flag = flagOf(name);
      expect(() => parse(flag), flag).toThrow(new RegExp(`^error: option '${flag} <[a-z]+>' argument missing$`));
    }
  });

  it("a flag with its default changes nothing", () => {
    const options = parse().config;
    const args = schema.names.flatMap((name) => {
      const value = options[name];
      return value === null ? [] : [flagOf(name), String(value)];
    });
    expect(parse(...args).config).toEqual(options);
  });

  it.each([
    [["--steps", "0"], "error: option '--steps <n>' argument '0' is invalid. It is a whole number ≥ 1."],
    [["--steps", "1e3"], "error: option '--steps <n>' argument '1e3' is invalid. It is a whole number ≥ 1."],
    [["--lr", "abc"], "error: option '--lr <rate>' argument 'abc' is invalid. It is a number > 0."],
    [["--lr", "Infinity"], "error: option '--lr <rate>' argument 'Infinity' is invalid. It is a number > 0."],
    [
      ["--seed", "-1"],
      "error: option '--seed <n>' argument '-1' is invalid. It is a whole number from 0 to 4294967295.",
    ],
    [["--momentum=1"], "error: option '--momentum <mu>' argument '1' is invalid. It is a number in [0, 1)."],
    [
      ["--optimizer", "sgd"],
      "error: option '--optimizer <name>' argument 'sgd' is invalid. It is one of: muon, adamw.",
    ],
    [["--device", "gpu"], "error: option '--device <name>' argument 'gpu' is invalid. It is one of: wasm, reference."],
    [["--prompt", ""], "error: option '--prompt <text>' argument '' is invalid. It is a text that is not empty."],
    [["--top-k", "9"], "error: --top-k 9 exceeds --experts 8"],
    [["--heads", "3"], "error: --heads 3 does not divide --hidden 128"],
    [["--rope-dim", "3"], "error: --rope-dim 3 is odd: pairs are rotated"],
    [["--dense-layers", "5"], "error: --dense-layers 5 exceeds --layers 4"],
    [["--warmup", "301"], "error: --warmup 301 exceeds --steps 300"],
    [["--step", "3"], "error: unknown option '--step'"],
    [["--out"], "error: option '--out <dir>' argument missing"],
    [["more"], "error: unexpected argument 'more'"],
    [["--resume", "x"], "error: --resume x: no run is there"],
    [
      ["--resume", "x", "--out", "y"],
      "error: --out and --resume exclude each other: a resumed run stays in its folder",
    ],
  ])("%j is refused in one line", (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message));
  });
});

describe("what is written besides", () => {
  it("is a report, and on wish a table and a dashboard on any or a given port", () => {
    expect(parse()).toMatchObject({ csv: false, report: true, port: null });
    expect(parse("--csv", "--no-report")).toMatchObject({ csv: true, report: false });
    const dashboard = (...args: string[]) =>
      parseCommandLine(args, { ...about, recorded: noRun, hasDashboard: true }).port;
    expect([dashboard(), dashboard("--dashboard"), dashboard("--dashboard", "8080")]).toEqual([null, 0, 8080]);
    expect(() => dashboard("--dashboard", "65536")).toThrow(/^error: option '--dashboard \[port\]' argument '65536'/);
    expect(() => parse("--dashboard")).toThrow(new UsageError("error: unknown option '--dashboard'"));
  });
});

describe("--resume", () => {
  const recorded = schema.complete({ steps: 50, seed: 7, batch: 2 });

  it("keeps the options of the run", () => {
    expect(resume(recorded).config).toEqual(recorded);
    expect(resume(recorded, "--batch", "2", "--stop-after", "9")).toEqual({
      config: recorded,
      out: null,
      resume: "runs/a",
      stopAfter: 9,
      csv: false,
      report: true,
      port: null,
    });
  });

  it("takes anew what changes no bit", () => {
    const { config } = resume(recorded, "--threads", "1", "--checkpoint-every", "5");
    expect(config).toEqual({ ...recorded, threads: 1, checkpointEvery: 5 });
  });

  it("refuses what would change the run", () => {
    const message = "error: --seed 8: the run in runs/a has 7, and --resume keeps it";
    expect(() => resume(recorded, "--seed", "8")).toThrow(new UsageError(message));
  });
});

describe("options of a file", () => {
  const recorded = schema.complete({ topK: 3 });

  it("come back as they were written", () => {
    expect(schema.from(JSON.parse(JSON.stringify(recorded)), "config.json")).toEqual(recorded);
  });

  it.each([
    [{ lr: "fast" }, 'error: config.json: "lr" is "fast". It is a number > 0.'],
    [{ batch: null }, 'error: config.json: "batch" is null. It is a whole number ≥ 1.'],
    [{ hidden: undefined }, 'error: config.json: "hidden" is missing'],
    [{ topK: 9 }, "error: --top-k 9 exceeds --experts 8"],
  ])("%j is refused", (change, message) => {
    expect(() => schema.from({ ...recorded, ...change }, "config.json")).toThrow(new UsageError(message));
  });
});
