import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeCheckpoint } from "@tsuki/train";
import type { Download, Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isolation } from "../chromium.ts";
import { Site } from "./serve.ts";

let site: Site;
beforeAll(async () => {
  const root = join(import.meta.dirname, "../../../playground");
  site = await Site.build(root, { configFile: join(root, "vite.config.ts") });
});
afterAll(() => site.close());

let page: Page;
afterEach(() => page.context().close());

/** Opens the playground, and chooses its smallest model. */
async function open(headers: Readonly<Record<string, string>>): Promise<void> {
  page = await site.open(headers);
  await page.getByText("Tiny").click();
}

const button = (name: string) => page.getByRole("button", { name, exact: true });
const captions = () => page.locator("#samples figcaption").allTextContents();
const stepOf = async (): Promise<number> =>
  Number(await page.locator(".tile", { hasText: /^step/ }).locator("dd").textContent());

async function trainTo(step: number): Promise<void> {
  await expect.poll(() => stepOf(), { timeout: 60_000 }).toBeGreaterThanOrEqual(step);
}

async function pause(): Promise<void> {
  await button("Pause").click();
  await button("Continue").waitFor();
}

async function save(): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent("download"), button("Save checkpoint").click()]);
  return download;
}

describe("the playground", () => {
  it("trains with threads, shows how, and goes on without threads from a checkpoint", async () => {
    await open(isolation);
    await button("Start training").click();
    await trainTo(26);
    await pause();
    const status = page.getByRole("status");
    if ((await page.evaluate(() => navigator.hardwareConcurrency)) > 1) {
      expect(await status.textContent()).toMatch(/^Paused\. Trains on \d+ threads\.$/);
    }
    for (const mark of ["#loss [aria-label=line] path", "#experts [aria-label=rect] rect"]) {
      await page.locator(mark).first().waitFor({ state: "attached" });
    }
    expect((await captions()).slice(-2)).toEqual(["step 25", "step 0"]);

    const download = await save();
    const buffer = await readFile(await download.path());
    const { position } = decodeCheckpoint(new Uint8Array(buffer));
    expect(download.suggestedFilename()).toBe(`moonlight-step-${position.step}.safetensors`);
    await page.context().close();

    await open({});
    await page.locator("#file").setInputFiles({ name: "saved.safetensors", mimeType: "", buffer });
    await trainTo(position.step + 1);
    await pause();
    expect(await page.getByRole("status").textContent()).toContain("not cross-origin isolated");
    expect((await captions()).slice(-2)).toEqual(["step 25", "step 0"]);
  });

  it("says that a text is too short, and trains on one that is not", async () => {
    await open({});
    await page.getByText("Your own").click();
    const text = page.getByLabel("Your text");
    await text.fill("Too short.");
    await button("Start training").click();
    expect(await page.getByRole("alert").textContent()).toBe(
      "The text is too short: this size needs 6,400 bytes, so that batches can be filled.",
    );
    await text.fill("It is long enough, since it is repeated so often. ".repeat(128));
    await button("Start training").click();
    await trainTo(2);
  });

  it("shows what ends a training, and begins anew", async () => {
    await open({});
    await page.route("**/moby-dick.txt", (route) => route.fulfill({ status: 404 }));
    await button("Start training").click();
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").textContent()).toMatch(
      /^The training could not begin: .*moby-dick.txt: .* 404/,
    );

    const buffer = Buffer.from("This is no checkpoint, whatever its name says.");
    await page.locator("#file").setInputFiles({ name: "other.safetensors", mimeType: "", buffer });
    await page.getByText(/could not begin: other\.safetensors, /).waitFor();

    await page.unroute("**/moby-dick.txt");
    await button("Start over").click();
    await button("Start training").click();
    await trainTo(1);
  });

  it("is worked by the keyboard alone", async () => {
    await open({});
    await page.getByLabel("Samples begin with").press("Enter");
    // Also while the model is still being made.
    await button("Pause").focus();
    await page.keyboard.press("Space");
    await button("Continue").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await button("Start training").waitFor();
  });
});
