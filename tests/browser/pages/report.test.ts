import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeReport } from "@tsuki/report";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { madeUpRun } from "../../../packages/report/test/made-up-run.ts";
import { saveRun } from "../../../packages/report/test/save-run.ts";
import { launchOptions } from "../chromium.ts";
import { differences } from "./report/picture.ts";

const wide = { width: 1280, height: 900 };
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: { viewport: wide, colorScheme: "light" },
  dark: { viewport: wide, colorScheme: "dark" },
  narrow: { viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true },
};

let folder: string;
let browser: Browser;
let one: string;
let two: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsuki-report-"));
  browser = await chromium.launch(launchOptions);
  const muon = saveRun(folder, madeUpRun({ name: "muon" }));
  const adamw = saveRun(folder, madeUpRun({ name: "adamw", seed: 2, floor: 2.1, config: { optimizer: "adamw" } }));
  one = await writeReport(muon);
  two = await writeReport([muon, adamw], { out: join(folder, "two.html") });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const complaints: string[] = [];
const requests: string[] = [];
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(complaints.splice(0)).toEqual([]);
  // Each page by itself, and nothing that it would load.
  expect(requests.splice(0).filter((url) => !/^(file:.*\.html|data:,)$/.test(url))).toEqual([]);
});

async function open(file: string, look: BrowserContextOptions = looks.light): Promise<Page> {
  const page = await (await browser.newContext(look)).newPage();
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => [...document.querySelectorAll(".chart")].every((place) => place.firstChild));
  return page;
}

/** How many elements a selector finds in each chart. */
function count(page: Page, selector: string): Promise<Readonly<Record<string, number>>> {
  return page.evaluate(
    (selector) =>
      Object.fromEntries(
        [...document.querySelectorAll("article")].map((article) => [
          article.querySelector(".named")?.textContent,
          article.querySelectorAll(selector).length,
        ]),
      ),
    selector,
  );
}

const lines = '[aria-label="line"] path';
const cells = '[aria-label="rect"] rect';

describe.each(Object.keys(looks))("the report of a run, %s", (look) => {
  it("is drawn with all its marks", async () => {
    const page = await open(one, looks[look]);
    // Faint and smoothed; validations are joined.
    expect(await count(page, lines)).toEqual({
      Loss: 3,
      "Learning rate": 1,
      "Gradient norm": 2,
      Speed: 2,
      "RMS of the updates": 4,
      accuracy: 2,
      "Load of the experts": 0,
    });
    expect(await count(page, "circle")).toMatchObject({ Loss: 10 + 1, Speed: 0 });
    expect(await count(page, cells)).toMatchObject({ "Load of the experts": 20 * 3 * 8, Loss: 0 });
    await expect(page.locator(".tile dd").allTextContents()).resolves.toEqual([
      ...["1.7009", "1.6809", "1.5613", "200", "819K", "3:00", "4.71K"],
    ]);
    await expect(page.locator(".samples pre").count()).resolves.toBe(4);
  });

  it("is no wider than the page", async () => {
    const page = await open(one, looks[look]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(looks[look].viewport?.width);
    const wider = await page.evaluate(() =>
      [...document.querySelectorAll("header, .tile, .card, .chart svg, .scroll, form")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.outerHTML.slice(0, 100)),
    );
    expect(wider).toEqual([]);
  });

  it("looks as it did", async () => {
    const page = await open(one, looks[look]);
    const shares = await differences(page, join(import.meta.dirname, "report", `${look}.png`));
    expect(Object.keys(shares)).toHaveLength(7);
    // Another version of Chromium may round the edges of lines otherwise; without a line it would be more than half.
    for (const [chart, share] of Object.entries(shares)) expect(share, chart).toBeLessThan(0.05);
  });
});

describe("the report of a run", () => {
  it("is drawn along the axis, and as smooth, as the reader likes", async () => {
    const page = await open(one);
    const ticks = (): Promise<string[]> => page.locator('.chart [aria-label="x-axis label"]').allTextContents();
    expect(new Set(await ticks())).toEqual(new Set(["steps →"]));
    await page.getByText("tokens", { exact: true }).last().click();
    expect(new Set(await ticks())).toEqual(new Set(["tokens →"]));
    await page.getByText("time", { exact: true }).last().click();
    expect(new Set(await ticks())).toEqual(new Set(["minutes →"]));
    await page.getByLabel("smoothing").fill("0");
    expect(await count(page, lines)).toMatchObject({ Loss: 2, Speed: 1 });
  });

  it("says what is under the pointer", async () => {
    const page = await open(one);
    const { x, y, width, height } = (await page.locator(".chart svg").first().boundingBox()) ?? expect.fail();
    await page.mouse.move(x + width / 2, y + height - 60);
    expect(await page.locator('.chart [aria-label="tip"]').first().textContent()).toMatch(
      /muon\W+1\.\d+ at \d+ steps$/,
    );
  });
});

describe("the report of a long run", () => {
  it("is small, says what a point stands for, and draws no dots that would hide the lines", async () => {
    const long = saveRun(folder, madeUpRun({ name: "long", steps: 20_000 }));
    const file = await writeReport(long);
    expect(statSync(file).size).toBeLessThan(1_500_000);
    const page = await open(file);
    await page
      .getByText("A point stands for up to 14 steps: their mean; faint: from the lowest to the highest.")
      .waitFor();
    await page.getByText("Loads are means of up to 26 observations. One of 5 samples is shown.").waitFor();
    expect(await count(page, lines)).toMatchObject({ Loss: 3, Speed: 2 });
    expect(await count(page, "circle")).toMatchObject({ Loss: 1 });
  });
});

describe("the report of two runs", () => {
  it("has both in each chart, in their colors, and says which is faster by how much", async () => {
    const page = await open(two);
    const colors = await page
      .locator(`article:first-child ${lines}`)
      .evaluateAll((paths) => [...new Set(paths.map((path) => path.closest("g")?.getAttribute("stroke")))]);
    expect(colors).toEqual(["#4c7df0", "#ef8a17"]);
    expect(await count(page, lines)).toMatchObject({ Loss: 6, "Learning rate": 2, "RMS of the updates": 8 });
    expect(await page.locator("h3 .named").allTextContents()).toEqual(
      expect.arrayContaining(["Load of the expertsmuon", "Load of the expertsadamw"]),
    );
    const rows = await page.locator("section", { hasText: "To the same loss" }).locator("tbody tr").allTextContents();
    expect(rows.at(-2)).toMatch(/^muon–\d\d % of the steps \d\d % of the tokens, \d\d % of the time$/);
    expect(rows.at(-1)).toBe("adamwnot reached–");
    expect(await page.locator("tr.differs").allTextContents()).toEqual(["seed12", "optimizermuonadamw"]);
  });
});
