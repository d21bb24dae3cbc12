import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "./report-html.ts";

const folder = new URL("../src/page/", import.meta.url);
let bundled: Promise<Page> | null = null;

/** Bundles the page's script, once a process. */
export function loadPage(): Promise<Page> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<Page> {
  // Large, and of no use to a program until it writes a report.
  const { build } = await import("vite");
  const style = readFile(new URL("style.css", folder), "utf8");
  const built = await build({
    configFile: false,
    logLevel: "error",
    root: fileURLToPath(folder),
    mode: "production",
    build: {
      write: false,
      target: "es2022",
      rolldownOptions: { input: fileURLToPath(new URL("main.ts", folder)), output: { format: "iife" } },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ("output" in one ? one.output : []));
  const script = outputs.find((output) => output.type === "chunk");
  if (script === undefined) throw new Error("the page's bundle has no script");
  return { script: script.code, style: await style };
}
