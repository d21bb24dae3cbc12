import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { made, Program, runExample } from "../../test/program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-digits-"));
afterAll(() => rmSync(runs, { recursive: true }));

const small =
  "--steps 60 --batch 50 --hidden 16 --lr 0.01 --seed 4 --threads 1 --eval-every 20 --checkpoint-every 25".split(" ");

describe.concurrent("digits", () => {
  it("learns to read most of them, stopped or not", async () => {
    const [straight, stopped] = [join(runs, "straight"), join(runs, "stopped")];
    const { output } = await runExample("digits", ...small, "--out", straight);
    expect(output).toContain("784 → 16 → 10 with 12,730 parameters");
    const percent = Number(/are read right: (\d+\.\d\d)%\.$/m.exec(output)?.[1]);
    expect(percent).toBeGreaterThan(70);
    expect(existsSync(join(straight, "report.html"))).toBe(true);
    const { metrics } = await made(straight);
    expect(metrics[0]).toMatchObject({ kind: "validation", metrics: { accuracy: expect.any(Number) } });
    const last = metrics.at(-1);
    expect(last?.kind === "validation" && last.metrics?.accuracy).toBeCloseTo(percent / 100, 4);

    await runExample("digits", ...small, "--out", stopped, "--stop-after", "31", "--no-report");
    const resumed = await runExample("digits", "--resume", stopped, "--no-report");
    expect(resumed.output).toContain("Going on after step 31.");
    expect(await made(stopped)).toEqual(await made(straight));
  });

  it("wrong flags are one line", async () => {
    const program = new Program(["--batch", "9000"], { example: "digits" });
    expect(await program.ended).toBe(2);
    expect(program.errors).toBe("error: --batch 9000: there are 8004 digits\n");
  });
});
