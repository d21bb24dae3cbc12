import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dashboard, startDashboard } from "@tsuki/report";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { madeUpRun } from "../../../packages/report/test/made-up-run.ts";
import { saveRun } from "../../../packages/report/test/save-run.ts";
import { launchOptions } from "../chromium.ts";

/** A run of 200 steps, of which the page finds 100. */
const run = madeUpRun({ name: "live" });
const lines = run.events.map((event) => `${JSON.stringify(event)}\n`);
const half = run.events.findIndex(({ step }) => step > 100);

let browser: Browser;
let folder: string;
let dashboard: Dashboard;
let page: Page;
const complaints: string[] = [];
beforeAll(async () => {
  browser = await chromium.launch(launchOptions);
});
afterAll(() => browser?.close());
beforeEach(async () => {
  folder = saveRun(mkdtempSync(join(tmpdir(), "tsuki-report-")), { ...run, events: run.events.slice(0, half) });
  writeFileSync(join(folder, "lock"), String(process.pid));
  dashboard = await startDashboard(folder);
  page = await browser.newPage({ viewport: { width: 1280, height: 700 } });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  await page.goto(dashboard.url);
  await tile("steps").and(page.getByText("100")).waitFor();
});
afterEach(async () => {
  await page.close();
  await dashboard.close();
  rmSync(join(folder, ".."), { recursive: true });
  expect(complaints.splice(0)).toEqual([]);
});

function append(...more: readonly string[]): void {
  appendFileSync(join(folder, "metrics.jsonl"), more.join(""));
}

const tile = (name: string) => page.locator(".tile", { has: page.getByText(name, { exact: true }) }).locator("dd");
const status = (words: string) => page.getByRole("status").and(page.getByText(words, { exact: true }));
const dots = () => page.locator("article:first-child circle").count();

describe("the live page", () => {
  it("says that the run goes on, draws what is appended, and says when it has ended", async () => {
    await status("live").waitFor();
    expect(await dots()).toBe(5);
    expect(await page.title()).toBe("live · Tsuki");
    const next = lines[half];
    append(next.slice(0, 20));
    append(next.slice(20));
    await tile("steps").and(page.getByText("101")).waitFor();
    append(...lines.slice(half + 1));
    rmSync(join(folder, "lock"));
    await tile("steps").and(page.getByText("200")).waitFor();
    await status("ended").waitFor();
    expect(await dots()).toBe(11);
    expect(await page.locator(".samples pre").first().textContent()).toContain("said step 200.");
  });

  it("moves nothing that the reader looks at", async () => {
    await page.getByText("tokens", { exact: true }).last().click();
    await page.getByLabel("smoothing").fill("0.5");
    const chart = page.locator("article", { hasText: "Gradient norm" }).locator(".chart");
    await chart.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await chart.boundingBox()) ?? expect.fail();
    await page.mouse.move(x + width - 20, y + height - 60);
    const tip = () => chart.locator('[aria-label="tip"]').textContent();
    expect(await tip()).toMatch(/at (39|40)\d,\d\d\d tokens$/);
    expect(await page.evaluate("scrollY")).toBeGreaterThan(100);
    append(...lines.slice(half));
    await tile("steps").and(page.getByText("200")).waitFor();
    // What is above it may take more lines now; the browser scrolls for that.
    await expect.poll(async () => Math.abs(((await chart.boundingBox())?.y ?? 0) - y)).toBeLessThan(1);
    expect(await tip()).toMatch(/at [78]\d\d,\d\d\d tokens$/);
    await expect(page.locator("output").textContent()).resolves.toBe("0.50");
    const labels = await page.locator('.chart [aria-label="x-axis label"]').allTextContents();
    expect(new Set(labels)).toEqual(new Set(["tokens →"]));
  });

  it("draws once for many lines", async () => {
    await page.evaluate(() => {
      const chart = document.querySelector(".chart");
      const seen = { drawings: 0 };
      new MutationObserver(() => seen.drawings++).observe(chart as Element, { childList: true });
      Object.assign(window, { seen });
    });
    for (const line of lines.slice(half)) append(line);
    await tile("steps").and(page.getByText("200")).waitFor();
    // All lines are there within a few looks at the file.
    expect(await page.evaluate("seen.drawings")).toBeLessThanOrEqual(3);
  });

  it("says that the connection is lost, and has everything once when it is back", async () => {
    await status("live").waitFor();
    await dashboard.close();
    await status("connection lost").waitFor();
    append(...lines.slice(half));
    dashboard = await startDashboard(folder, { port: Number(new URL(dashboard.url).port) });
    await status("live").waitFor();
    await tile("steps").and(page.getByText("200")).waitFor();
    expect(await dots()).toBe(11);
    // Chromium itself tells of the attempts in between.
    for (const words of complaints.splice(0)) expect(words).toMatch(/net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED)/);
  });

  it("says what is damaged", async () => {
    append("{}\n");
    const words = `${join(folder, "metrics.jsonl")}, line ${half + 1}, is no event of a run`;
    await status(words).waitFor();
    expect(await tile("steps").textContent()).toBe("100");
  });
});
