import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setDefaultDevice } from "@tsuki/core";
import { UsageError } from "@tsuki/train/node";
import { afterAll, expect, it } from "vitest";
import { made, runExample } from "../../test/program.ts";
import { expectExactResume } from "../../test/resume.ts";
import { schema } from "./options.ts";
import { digits } from "./program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-digits-"));
afterAll(() => rmSync(runs, { recursive: true }));

it("learns to read most digits", async () => {
  const folder = join(runs, "run");
  const flags = "--steps 60 --batch 50 --hidden 16 --lr 0.01 --seed 4 --threads 1 --eval-every 20".split(" ");
  const { output } = await runExample("digits", ...flags, "--out", folder);
  expect(output).toContain("784 → 16 → 10 with 12,730 parameters");
  const percent = Number(/are read right: (\d+\.\d\d)%\.$/m.exec(output)?.[1]);
  expect(percent).toBeGreaterThan(70);
  expect(existsSync(join(folder, "report.html"))).toBe(true);
  const last = (await made(folder)).metrics.at(-1);
  expect(last?.kind === "validation" && last.metrics?.accuracy).toBeCloseTo(percent / 100, 4);
});

it("goes on bit for bit", async () => {
  setDefaultDevice("wasm", { threads: 1 });
  await expectExactResume(digits, schema.complete({ batch: 50, hidden: 16 }));
});

it("refuses a batch of more digits than there are", () => {
  expect(() => digits.make(schema.complete({ batch: 9000 }), () => {})).toThrow(
    new UsageError("error: --batch 9000: there are 8004 digits"),
  );
});
