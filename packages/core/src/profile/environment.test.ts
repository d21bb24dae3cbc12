import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Trace } from "./index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsuki-profile-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a product of [6, 5] and [5, 7] in a process of its own; what it says, and the trace that it leaves. */
async function run(profile: string, end: string): Promise<{ stdout: string; stderr: string; trace: Trace }> {
  const script = `
    import { ones } from "${new URL("../index.ts", import.meta.url).href}";
    console.log(await ones([6, 5]).keep().matmul(ones([5, 7])).sum().item());
    ${end}
  `;
  const program = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", script];
  const env = { ...process.env, TSUKI_PROFILE: profile };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, program, { cwd: folder, env });
  const text = await readFile(join(folder, profile === "1" ? "tsuki-trace.json" : profile), "utf8");
  return { stdout, stderr, trace: JSON.parse(text) };
}

it.concurrent.each([
  ["1", ""],
  ["mine.json", "process.exit();"],
])("TSUKI_PROFILE=%s prints the table and writes the trace when the process ends: %j", async (profile, end) => {
  const { stdout, stderr, trace } = await run(profile, end);
  expect(stdout).toBe("210\n");
  expect(stderr).toMatch(/^run .* ms, compile .* ms/);
  expect(stderr).toMatch(/matmul +\[6,5\]×\[5,7\] +matmul/);
  expect(stderr).toContain(`trace: ${profile === "1" ? "tsuki-trace.json" : profile} `);
  const names = trace.traceEvents.map(({ name }) => name);
  for (const name of ["compile", "run", "matmul"]) expect(names).toContain(name);
});
