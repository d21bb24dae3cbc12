import { playwright } from "@vitest/browser-playwright";
import { defaultClientConditions, defaultServerConditions } from "vite";
import type { ViteUserConfig } from "vitest/config";
import { isolation, launchOptions } from "./tests/browser/chromium.ts";

/** Packages resolve to their sources, so that nothing has to be built first. */
const source = "@tsuki/source";
const ssr = { resolve: { conditions: [source, ...defaultServerConditions] } };

/** What runs in a page of Chromium: once in one that is cross-origin isolated, with threads, and once in one that is not. */
function inPage(name: "isolated" | "plain"): ViteUserConfig {
  const isolated = name === "isolated";
  return {
    resolve: { conditions: [source, ...defaultClientConditions] },
    server: { headers: isolated ? isolation : {} },
    test: {
      name,
      include: ["tests/browser/*.test.ts"],
      provide: { isolated },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions }),
        instances: [{ browser: "chromium" }],
      },
    },
  };
}

/** What builds pages, serves and opens them: in Node. */
const pages: ViteUserConfig = {
  ssr,
  test: {
    name: "pages",
    include: ["tests/browser/pages/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
};

const config: ViteUserConfig = {
  ssr,
  test: {
    globalSetup: ["tests/browser/in-node.ts"],
    projects: [inPage("isolated"), inPage("plain"), pages],
  },
};

export default config;
