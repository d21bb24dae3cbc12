import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { madeUpRun } from "../test/made-up-run.ts";
import { saveRun } from "../test/save-run.ts";

let parent: string;
let folder: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "tsuki-report-"));
  folder = saveRun(parent, madeUpRun({ steps: 5 }));
});
afterAll(() => rmSync(parent, { recursive: true }));

function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const main = join(import.meta.dirname, "main.ts");
  return spawn(process.execPath, ["--conditions=@tsuki/source", "--import", "tsx", main, ...args]);
}

async function run(...args: readonly string[]): Promise<{ code: number; output: string; errors: string }> {
  const child = start(...args);
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, output, errors };
}

describe("npm run report", () => {
  it("writes the page and says where", async () => {
    const file = join(folder, "report.html");
    expect(await run(folder)).toEqual({ code: 0, output: `${file}\n`, errors: "" });
  });

  it("serves it live until Ctrl-C", async () => {
    const child = start(folder, "--live");
    const [url] = await once(child.stdout, "data");
    expect((await fetch(String(url).trim())).status).toBe(200);
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([0, null]);
  });

  it.each([
    [[], "error: missing required argument 'run'\n"],
    [["none", "--live", "--port", "x"], "error: option '--port <n>' argument 'x' is invalid. It is a whole number"],
    [["none", "--live", "--out", "x"], "error: --live writes no file: leave --out away\n"],
  ])("%j is a wrong command line", async (args, words) => {
    const { code, output, errors } = await run(...args);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain(words);
  });
});
