import type { LaunchOptions } from "playwright";

/** Chromium as the system has it; nothing is downloaded. */
export const launchOptions: LaunchOptions = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Its sandbox refuses to run as root, as in a container.
  args: ["--no-sandbox"],
};

/** Headers that make a page cross-origin isolated: only then may threads share memory. */
export const isolation: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
