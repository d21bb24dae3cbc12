import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeUpRun } from "../../test/made-up-run.ts";
import { saveRun } from "../../test/save-run.ts";
import type { RunData } from "../run-data.ts";
import { type Dashboard, startDashboard } from "./dashboard.ts";

const whole = madeUpRun({ steps: 12 });
const half = Math.floor(whole.events.length / 2);
const first: RunData = { ...whole, events: whole.events.slice(0, half) };
const line = (index: number): string => `${JSON.stringify(whole.events[index])}\n`;

let parent: string;
let folder: string;
let dashboard: Dashboard;
beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), "tsuki-report-"));
  folder = saveRun(parent, first);
  dashboard = await startDashboard(folder);
});
afterEach(async () => {
  await dashboard.close();
  rmSync(parent, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(new URL(path, dashboard.url), options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
  });
}

/** A page that listens: each call gives the next message. */
async function listen(): Promise<{ next(): Promise<unknown>; leave(): void }> {
  const gone = new AbortController();
  const response = await fetch(new URL("/events", dashboard.url), { signal: gone.signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    async next() {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
          text = text.slice(end + 2);
          return { [name]: JSON.parse(data) };
        }
        const { done, value } = await reader.read();
        if (done) return "the end";
        text += decoder.decode(value, { stream: true });
      }
    },
    leave: () => gone.abort(),
  };
}

const { events: _, ...record } = whole;
const soFar = { events: { run: 0, events: first.events } };

describe("a dashboard", () => {
  it("serves the page, which may connect to where it came from and to nothing else", async () => {
    const { status, text } = await ask("/");
    expect(status).toBe(200);
    expect(text).toContain(
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; con",
    );
    expect(text).toContain("connect-src 'self'\"");
    expect(text).not.toContain(whole.name);
  });

  it("tells what came so far and then what comes, to each page that listens", async () => {
    const pages = [await listen(), await listen()];
    for (const page of pages) {
      expect(await page.next()).toEqual({ runs: [record] });
      expect(await page.next()).toEqual(soFar);
      expect(await page.next()).toEqual({ state: "ended" });
    }
    const next = line(half);
    appendFileSync(join(folder, "metrics.jsonl"), next + next.slice(0, 5));
    for (const page of pages) {
      expect(await page.next()).toEqual({ events: { run: 0, events: [whole.events[half]] } });
    }
    pages[0].leave();
    appendFileSync(join(folder, "metrics.jsonl"), next.slice(5));
    expect(await pages[1].next()).toEqual({ events: { run: 0, events: [whole.events[half]] } });
  });

  it("tells a page that comes back everything once more, after a word that it is all", async () => {
    for (let times = 0; times < 2; times++) {
      const page = await listen();
      expect(await page.next()).toEqual({ runs: [record] });
      expect(await page.next()).toEqual(soFar);
      page.leave();
    }
  });

  it("says whether a process trains, and tells the last events before the run has ended", async () => {
    writeFileSync(join(folder, "lock"), String(process.pid));
    const page = await listen();
    for (const told of [{ runs: [record] }, soFar, { state: "live" }]) expect(await page.next()).toEqual(told);
    appendFileSync(join(folder, "metrics.jsonl"), line(half));
    rmSync(join(folder, "lock"));
    expect(await page.next()).toEqual({ events: { run: 0, events: [whole.events[half]] } });
    expect(await page.next()).toEqual({ state: "ended" });
  });

  it("takes a lock for none whose process is gone", async () => {
    writeFileSync(join(folder, "lock"), String(2 ** 30));
    const page = await listen();
    await page.next();
    await page.next();
    expect(await page.next()).toEqual({ state: "ended" });
  });

  it("begins anew where a run forgot events", async () => {
    const page = await listen();
    for (let i = 0; i < 3; i++) await page.next();
    truncateSync(join(folder, "metrics.jsonl"), line(0).length);
    expect(await page.next()).toEqual({ runs: [record] });
    expect(await page.next()).toEqual({ events: { run: 0, events: [whole.events[0]] } });
    expect(await page.next()).toEqual({ state: "ended" });
  });

  it("names what is damaged, once, and goes on when it is mended", async () => {
    writeFileSync(join(folder, "metrics.jsonl"), "{}\n");
    const page = await listen();
    expect(await page.next()).toEqual({ runs: [record] });
    expect(await page.next()).toEqual({
      failure: `${join(folder, "metrics.jsonl")}, line 1, is no event of a run`,
    });
    writeFileSync(join(folder, "metrics.jsonl"), line(0));
    expect(await page.next()).toEqual({ events: { run: 0, events: [whole.events[0]] } });
    expect(await page.next()).toEqual({ state: "ended" });
  });

  it("tells what there still is when it closes", async () => {
    const page = await listen();
    for (let i = 0; i < 3; i++) await page.next();
    appendFileSync(join(folder, "metrics.jsonl"), line(half));
    await dashboard.close();
    expect(await page.next()).toEqual({ events: { run: 0, events: [whole.events[half]] } });
    expect(await page.next()).toBe("the end");
    await expect(ask("/")).rejects.toThrow("ECONNREFUSED");
  });

  it("follows several runs, one of which has logged nothing yet", async () => {
    const other = saveRun(parent, { ...whole, name: "other", events: [] });
    rmSync(join(other, "metrics.jsonl"));
    await dashboard.close();
    dashboard = await startDashboard([other, folder]);
    const page = await listen();
    expect(await page.next()).toEqual({ runs: [{ ...record, name: "other" }, record] });
    expect(await page.next()).toEqual({ events: { run: 1, events: first.events } });
    expect(await page.next()).toEqual({ state: "ended" });
    writeFileSync(join(other, "metrics.jsonl"), line(0));
    expect(await page.next()).toEqual({ events: { run: 0, events: [whole.events[0]] } });
  });

  it("answers nothing else, nor anybody who came under another name", async () => {
    expect((await ask("/config.json")).status).toBe(404);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
    for (const path of ["/", "/events"]) {
      expect((await ask(path, { headers: { host: "elsewhere.example" } })).status).toBe(403);
    }
  });

  it("names the port that is in use", async () => {
    const port = Number(new URL(dashboard.url).port);
    await expect(startDashboard(folder, { port })).rejects.toThrow(`port ${port} is in use`);
    await expect(startDashboard(folder, { port })).rejects.toMatchObject({ name: "PortError", code: "EADDRINUSE" });
  });

  it("refuses a folder without a run", async () => {
    await expect(startDashboard(join(parent, "none"))).rejects.toThrow("holds no run");
    await expect(startDashboard([])).rejects.toThrow("needs the folder of a run");
  });
});
