import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { made, runExample } from "../../test/program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-linear-"));
afterAll(() => rmSync(runs, { recursive: true }));

const small = "--features 2 --points 100 --batch 20 --steps 150 --lr 0.1 --seed 3 --threads 1".split(" ");

it("comes to the closed form, stopped or not", async () => {
  const [straight, stopped] = [join(runs, "straight"), join(runs, "stopped")];
  const { output } = await runExample("linear-regression", ...small, "--out", straight);
  expect(output).toMatch(/^ +truth +found +closed form\n +w1 .*\n +w2 .*\n +b .*\n/m);
  expect(Number(/Found is within (\d\.\d+) of the closed form/.exec(output)?.[1])).toBeLessThan(0.05);
  expect(existsSync(join(straight, "report.html"))).toBe(true);

  await runExample("linear-regression", ...small, "--out", stopped, "--stop-after", "77", "--no-report");
  const resumed = await runExample("linear-regression", "--resume", stopped, "--no-report");
  expect(resumed.output).toContain("Going on after step 77.");
  expect(await made(stopped)).toEqual(await made(straight));
});
