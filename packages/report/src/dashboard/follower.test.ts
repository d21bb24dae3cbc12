import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@tsuki/train";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeUpRun } from "../../test/made-up-run.ts";
import { RunError } from "../read-run.ts";
import { Follower } from "./follower.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsuki-report-"));
  file = join(folder, "metrics.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A sample has letters of more than one byte, so that a cut may lie within one. */
const letters: RunEvent = { kind: "sample", step: 31, tokens: 1, seconds: 1, text: "月, “Tsuki”" };
const events = [letters, ...madeUpRun({ steps: 30 }).events];
const lines = events.map((event) => Buffer.from(`${JSON.stringify(event)}\n`));
const bytes = Buffer.concat(lines);
const runs = { seed: 6, numRuns: 25 };

describe("a follower", () => {
  it("takes every event once, however the file grows", async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (cuts) => {
        rmSync(file, { force: true });
        const follower = new Follower(folder);
        expect(await follower.look()).toEqual({ anew: false, events: [] });
        const taken: RunEvent[] = [];
        let written = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
          appendFileSync(file, bytes.subarray(written, cut));
          written = cut;
          const news = await follower.look();
          expect(news.anew).toBe(false);
          taken.push(...news.events);
        }
        expect(taken).toEqual(events);
        expect(await follower.look()).toEqual({ anew: false, events: [] });
      }),
      runs,
    );
  });

  it("begins anew where the file was cut, and also where it has grown again since", async () => {
    const part = fc.integer({ min: 1, max: lines.length });
    await fc.assert(
      fc.asyncProperty(part, part, fc.boolean(), async (first, kept, grows) => {
        fc.pre(kept < first);
        writeFileSync(file, Buffer.concat(lines.slice(0, first)));
        const follower = new Follower(folder);
        await follower.look();
        truncateSync(file, Buffer.concat(lines.slice(0, kept)).length);
        // Longer than it was, and so that where it ended there is the middle of a line now.
        const more: RunEvent[] = grows ? [{ ...letters, text: letters.text.repeat(bytes.length) }] : [];
        for (const event of more) appendFileSync(file, `${JSON.stringify(event)}\n`);
        expect(await follower.look()).toEqual({ anew: true, events: [...events.slice(0, kept), ...more] });
        expect(await follower.look()).toEqual({ anew: false, events: [] });
      }),
      runs,
    );
  });

  it("names the line that is damaged, and goes on once it is mended", async () => {
    const follower = new Follower(folder);
    writeFileSync(file, Buffer.concat([lines[0], Buffer.from("[1]\n")]));
    for (let times = 0; times < 2; times++) {
      await expect(follower.look()).rejects.toThrow(RunError);
      await expect(follower.look()).rejects.toThrow(`${file}, line 2, is no event of a run`);
    }
    writeFileSync(file, Buffer.concat(lines.slice(0, 2)));
    expect((await follower.look()).events).toEqual(events.slice(0, 2));
    appendFileSync(file, "{\n");
    await expect(follower.look()).rejects.toThrow(`${file}, line 3, is no JSON`);
  });
});
