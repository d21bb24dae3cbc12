/** Programs of the docs: written to a folder, checked by the compiler, run in a process of their own. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Ran } from "./run-pages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const cache = `${root}node_modules/.cache/tsuki/`;

/** Compiler and programs take seconds, on a busy machine a minute. */
export const patience = 300_000;

/** A folder of programs, by their names; its own name begins with `folder`. Packages resolve to their sources. */
export class Programs {
  readonly #folder: string;
  readonly #names: readonly string[];

  constructor(folder: string, programs: Readonly<Record<string, string>>) {
    mkdirSync(cache, { recursive: true });
    this.#folder = `${mkdtempSync(`${cache}${folder}-`)}/`;
    this.#names = Object.keys(programs);
    for (const [name, program] of Object.entries(programs))
      writeFileSync(this.#fileOf(name), `${program}\nexport {};\n`);
    const config = {
      extends: `${root}tsconfig.base.json`,
      compilerOptions: {
        rootDir: root,
        noEmit: true,
        noUnusedLocals: false,
        isolatedDeclarations: false,
        declaration: false,
        typeRoots: [`${root}node_modules/@types`],
      },
      files: this.#names.map((name) => this.#fileOf(name)),
    };
    writeFileSync(`${this.#folder}tsconfig.json`, JSON.stringify(config));
  }

  /** What the compiler says; "" where all is well. */
  async check(): Promise<string> {
    const { stdout } = await node(["node_modules/typescript/bin/tsc", "-p", this.#folder]);
    return stdout;
  }

  /** Runs some of them in one process. */
  async run(names: readonly string[] = this.#names): Promise<Map<string, Ran>> {
    const runner = `${root}tests/docs/run-pages.ts`;
    const files = names.map((name) => this.#fileOf(name));
    const out = `${this.#folder}results.json`;
    const { stdout, stderr } = await node(["--conditions=@tsuki/source", "--import", "tsx", runner, out, ...files]);
    if (!existsSync(out)) throw new Error(`the programs ended early:\n${stdout}${stderr}`);
    const results: Ran[] = JSON.parse(readFileSync(out, "utf8"));
    return new Map(results.map((ran, i) => [names[i], ran]));
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #fileOf(name: string): string {
    return `${this.#folder}${name}.mts`;
  }
}

/** What a process writes, however it ends. */
function node(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (_error, stdout, stderr) => resolve({ stdout, stderr }));
  });
}
