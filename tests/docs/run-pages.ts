/**
 * Runs programs one after the other, each on a device of its own and in an empty folder, and writes what came of each to a
 * file, as JSON. Arguments: this file, and those of the programs.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format, inspect } from "node:util";
import { Device, manualSeed, setDefaultDevice } from "@tsuki/core";

/** What came of a program. */
export interface Ran {
  /** By `console.log`. */
  readonly printed: readonly string[];
  readonly warned: readonly string[];
  /** Why it ended early; "" where it did not. */
  readonly error: string;
}

const home = process.cwd();
const [out, ...files] = process.argv.slice(2);
const results: Ran[] = [];
for (const file of files) results.push(await run(file));
writeFileSync(out, JSON.stringify(results));
process.exit();

async function run(file: string): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "tsuki-docs-"));
  const printed: string[] = [];
  const warned: string[] = [];
  process.chdir(folder);
  console.log = (...values: unknown[]) => printed.push(format(...values));
  console.warn = (...values: unknown[]) => warned.push(format(...values));
  const device = setDefaultDevice(new Device("wasm", { threads: 2 }));
  manualSeed(0);
  try {
    await import(pathToFileURL(file).href);
    return { printed, warned, error: "" };
  } catch (error) {
    return { printed, warned, error: inspect(error) };
  } finally {
    await device.close();
    process.chdir(home);
    rmSync(folder, { recursive: true });
  }
}
