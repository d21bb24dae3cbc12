import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/**
 * Runs the pinned pnpm, which npx fetches, so that nothing but Node and npm has to be there.
 *
 * @param {string[]} args
 * @param {string} cwd
 * @returns {{ status: number, output: string }}
 */
export function pnpm(args, cwd = root) {
  const run = spawnSync("npx", ["--yes", packageManager, ...args], {
    cwd,
    encoding: "utf8",
    // pnpm asks no questions where it believes itself in CI.
    env: { ...process.env, CI: "true" },
    shell: process.platform === "win32",
  });
  const output = [run.stdout, run.stderr, run.error?.message].filter(Boolean).join("\n");
  return { status: run.signal === "SIGINT" ? 130 : (run.status ?? 1), output };
}
