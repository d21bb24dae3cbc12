import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { HostGenerator } from "@tsuki/nn";
import { afterAll, expect, it } from "vitest";
import { made, Program, tiny, train } from "../../test/program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-kill-"));
afterAll(() => rmSync(runs, { recursive: true }));

const kills = 20;
const flags = [
  ...tiny,
  ..."--steps 3000 --eval-every 40 --eval-batches 1 --checkpoint-every 3 --log-every 1".split(" "),
];

/** Waits until a checkpoint is being written; whether that was seen in time. */
async function writing(checkpoints: string): Promise<boolean> {
  for (const deadline = performance.now() + 2_000; performance.now() < deadline; await setTimeout(0)) {
    if (existsSync(checkpoints) && readdirSync(checkpoints).some((name) => /^\.step-.*\.tmp$/.test(name))) return true;
  }
  return false;
}

it(`goes on bit for bit after each of ${kills} kills, half of them while a checkpoint is written`, async () => {
  const folder = join(runs, "killed");
  const random = new HostGenerator(20);
  let begun: string[] = [...flags, "--out", folder];
  let duringWrite = 0;
  for (let kill = 0; kill < kills; kill++) {
    const program = new Program(begun);
    const steps = 1 + Math.floor(random.next() * 12);
    await program.says(new RegExp(`(^ +\\d+ +\\d+% .*\\n){${steps}}`, "m"));
    if (kill % 2 === 0) await setTimeout(random.next() * 30);
    else duringWrite += Number(await writing(join(folder, "checkpoints")));
    program.kill("SIGKILL");
    expect(await program.ended).toBe("SIGKILL");
    begun = ["--resume", folder];
  }
  expect(duringWrite).toBeGreaterThanOrEqual(kills / 4);
  const { output } = await train("--resume", folder, "--stop-after", "1");
  const steps = Number(/after step (\d+)/.exec(output)?.[1]) + 5;
  expect(steps).toBeGreaterThan(2 * kills);
  await train("--resume", folder, "--stop-after", String(steps));

  const straight = join(runs, "straight");
  await train(...flags, "--out", straight, "--stop-after", String(steps));
  const [killed, whole] = [await made(folder), await made(straight)];
  expect(killed).toEqual(whole);
  console.log(`${kills} kills, ${duringWrite} while a checkpoint was written; ${steps} steps`);
}, 600_000);
