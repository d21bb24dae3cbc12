import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NonFiniteLossError, type Trainer } from "../trainer.ts";
import { ConfigSchema } from "./config-schema.ts";
import { type CommonConfig, type Program, runProgram } from "./program.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "tsuki-program-")), "run");
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(join(folder, ".."), { recursive: true });
});

const config: CommonConfig = {
  device: "reference",
  threads: null,
  steps: 1,
  checkpointEvery: 1,
  keep: 1,
  evalEvery: 1,
  logEvery: 1,
};

function programOf(
  trainer: Partial<Trainer<unknown>>,
  options: Partial<Program<CommonConfig, unknown>>,
): Program<CommonConfig, unknown> {
  return {
    name: "test",
    command: "test",
    about: "Trains nothing.",
    schema: Object.assign(new ConfigSchema<CommonConfig>({}), { complete: () => config }),
    make: () => ({ trainer: trainer as Trainer<unknown>, modelConfig: {}, description: "" }),
    ...options,
  };
}

/** What is written to a stream while nothing is shown. */
function heard(stream: NodeJS.WriteStream): () => string {
  const write = vi.spyOn(stream, "write").mockReturnValue(true);
  return () => write.mock.calls.flat().join("");
}

it("lets go of its folder where the dashboard cannot be served", async () => {
  const errors = heard(process.stderr);
  const dashboard = async (): Promise<never> => {
    throw Object.assign(new Error("port 80 is in use"), { code: "EADDRINUSE" });
  };
  expect(await runProgram(programOf({}, { dashboard }), ["--out", folder, "--dashboard", "80"])).toBe(false);
  expect(errors()).toBe("tsuki: port 80 is in use\n");
  expect(process.exitCode).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(["config.json", "metrics.jsonl"]);
});

it("writes the report of a run that diverges, and says so", async () => {
  const [errors, output] = [heard(process.stderr), heard(process.stdout)];
  const train = async (): Promise<never> => {
    throw new NonFiniteLossError("the loss of step 1 is NaN");
  };
  const report = async (folder: string): Promise<string> => `${folder}/report.html`;
  expect(await runProgram(programOf({ step: 0, accumulated: 0, train }, { report }), ["--out", folder])).toBe(false);
  expect(output()).toContain(`Report: ${folder}/report.html\n`);
  expect(errors()).toBe("tsuki: the loss of step 1 is NaN: a lower --lr may help; there is no checkpoint yet\n");
  expect(process.exitCode).toBe(1);
});

it("tells whether it came to its end", async () => {
  heard(process.stdout);
  const stopped = { step: 0, accumulated: 0, train: async () => null };
  expect(await runProgram(programOf(stopped, {}), ["--out", folder])).toBe(false);
  expect(await runProgram(programOf({ step: 1, accumulated: 0 }, {}), ["--out", `${folder}-2`])).toBe(true);
  expect(process.exitCode).toBeUndefined();
});
