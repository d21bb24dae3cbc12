import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setDefaultDevice } from "@tsuki/core";
import { afterAll, expect, it } from "vitest";
import { runExample } from "../../test/program.ts";
import { expectExactResume } from "../../test/resume.ts";
import { schema } from "./options.ts";
import { linearRegression } from "./program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-linear-"));
afterAll(() => rmSync(runs, { recursive: true }));

it("comes to the closed form", async () => {
  const flags = "--features 2 --points 100 --batch 20 --steps 150 --lr 0.1 --seed 3 --threads 1 --no-report".split(" ");
  const { output } = await runExample("linear-regression", ...flags, "--out", join(runs, "run"));
  expect(output).toMatch(/^ +truth +found +closed form\n +w1 .*\n +w2 .*\n +b .*\n/m);
  expect(Number(/Found is within (\d\.\d+) of the closed form/.exec(output)?.[1])).toBeLessThan(0.05);
});

it("goes on bit for bit", async () => {
  setDefaultDevice("wasm", { threads: 1 });
  await expectExactResume(linearRegression, schema.complete({ points: 100, batch: 20 }));
});
