import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isolation } from "../chromium.ts";
import type { Found } from "./bundled/main.ts";
import { Site } from "./serve.ts";

/** A training that Vite has bundled, as it is served in production. */
let site: Site;
beforeAll(async () => {
  site = await Site.build(join(import.meta.dirname, "bundled"));
});
afterAll(() => site.close());

function foundIn(page: Page): Promise<Found> {
  return page.evaluate("found");
}

describe("core, nn, optim, moe and train, bundled by Vite", () => {
  const { losses } = inject("inNode").deterministic;

  it("train with threads on a page that is cross-origin isolated", async () => {
    const threads = Math.min(8, availableParallelism());
    expect(await foundIn(await site.open(isolation))).toEqual({ losses, threads });
  });

  it("train without threads on any other page, with the same bits", async () => {
    expect(await foundIn(await site.open({}))).toEqual({ losses, threads: 1 });
  });

  it("train under a Content-Security-Policy that allows WebAssembly and workers from blobs, and say what is missing", async () => {
    const found = async (...rules: string[]) => {
      const policy = ["default-src 'self'", ...rules].join("; ");
      return foundIn(await site.open({ ...isolation, "Content-Security-Policy": policy }));
    };
    const [compiling, starting] = ["script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self' blob:"];
    expect((await found(compiling, starting)).losses).toEqual(losses);
    await expect(found(starting)).rejects.toThrow("must have 'wasm-unsafe-eval' in its script-src");
    await expect(found(compiling)).rejects.toThrow("must have blob: in its worker-src");
  });
});
