import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { build, defaultClientConditions, type InlineConfig, type PreviewServer, preview } from "vite";
import { launchOptions } from "../chromium.ts";

/** A page as it goes into production: built into a temporary folder, and served with headers of one's choice. */
export class Site {
  readonly folder: string;
  readonly #servers: PreviewServer[] = [];
  #browser: Promise<Browser> | null = null;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param root The folder of its `index.html`. */
  static async build(root: string, config: InlineConfig = {}): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), "tsuki-site-"));
    await build({
      configFile: false,
      logLevel: "error",
      resolve: { conditions: ["@tsuki/source", ...defaultClientConditions] },
      ...config,
      root,
      build: { outDir: folder, emptyOutDir: true },
    });
    return new Site(folder);
  }

  /** The page in a Chromium of its own profile. */
  async open(headers: Readonly<Record<string, string>>): Promise<Page> {
    const server = await preview({
      configFile: false,
      logLevel: "error",
      build: { outDir: this.folder },
      preview: { port: 0, headers: { ...headers } },
    });
    this.#servers.push(server);
    this.#browser ??= chromium.launch(launchOptions);
    const context = await (await this.#browser).newContext();
    const page = await context.newPage();
    // A machine whose cores are all busy takes its time.
    page.setDefaultTimeout(60_000);
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    return page;
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close();
    await Promise.all(this.#servers.map((server) => server.close()));
    await rm(this.folder, { recursive: true });
  }
}
