import { defaultServerConditions } from "vite";
import { configDefaults, type ViteUserConfig } from "vitest/config";

/** Packages resolve to their sources, so that nothing has to be built first. */
const conditions = ["@tsuki/source", ...defaultServerConditions];

const config: ViteUserConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{packages/*,examples}/{src,test}/**/*.test.ts", "tests/**/*.test.ts"],
    // They run in Chromium: vitest.browser.config.ts.
    exclude: [...configDefaults.exclude, "tests/browser/**"],
    setupFiles: ["tests/setup.ts"],
    pool: "forks",
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

export default config;
