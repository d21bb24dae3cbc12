import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TensorData } from "@tsuki/core";
import { loadSafetensors } from "@tsuki/core/files";
import type { Position, RunEvent } from "@tsuki/train";
import { expect } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Flags of a model and data so small that a step takes a few milliseconds. */
export const tiny: readonly string[] =
  "--hidden 16 --heads 2 --layers 2 --experts 4 --batch 2 --sequence 16 --seed 9 --threads 1 --sample-length 0".split(
    " ",
  );

/** An example in a process of its own: `npm start`, where no other is named. */
export class Program {
  output = "";
  errors = "";
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #process;
  #heard: (() => void)[] = [];

  /** @param limit A command of the shell before it, which limits what the process may do. */
  constructor(args: readonly string[], { limit, example = "moonlight" }: { limit?: string; example?: string } = {}) {
    const { VITEST: _, ...env } = process.env;
    const command = ["--conditions=@tsuki/source", "--import", "tsx", "examples/src/main.ts", example, ...args];
    const [file, given] = limit
      ? ["/bin/sh", ["-c", `${limit}; exec "$0" "$@"`, process.execPath, ...command]]
      : [process.execPath, command];
    this.#process = spawn(file, given, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#process.stdout.setEncoding("utf8").on("data", (text) => this.#hear(() => (this.output += text)));
    this.#process.stderr.setEncoding("utf8").on("data", (text) => this.#hear(() => (this.errors += text)));
    this.ended = new Promise((resolve) => {
      this.#process.on("close", (code, signal) => this.#hear(() => resolve(signal ?? code)));
    });
  }

  /** Nobody reads its output any more, as behind `| head`. */
  unread(): void {
    this.#process.stdout.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves when the program has said something; rejects where it ends without. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output) && !pattern.test(this.errors)) {
      if (this.#process.exitCode !== null)
        throw new Error(`it ended without ${pattern}:\n${this.output}\n${this.errors}`);
      await new Promise<void>((resolve) => this.#heard.push(resolve));
    }
  }

  #hear(note: () => void): void {
    note();
    const heard = this.#heard;
    this.#heard = [];
    for (const resolve of heard) resolve();
  }
}

/** Runs `npm start` to its end. */
export function train(...args: string[]): Promise<Program> {
  return runExample("moonlight", ...args);
}

/** Runs an example to its end. */
export async function runExample(example: string, ...args: string[]): Promise<Program> {
  const program = new Program(args, { example });
  const end = await program.ended;
  expect(`${program.errors}${end}`).toBe("0");
  return program;
}

/** What a run has made, without what depends on the clock. */
export interface Made {
  /** Name of the newest checkpoint, and what it holds. */
  readonly newest: string;
  readonly weights: Uint8Array;
  readonly optimizer: Readonly<Record<string, TensorData>>;
  readonly position: Omit<Position, "seconds">;
  /** The run's events. */
  readonly metrics: readonly RunEvent[];
}

export async function made(folder: string): Promise<Made> {
  const lines = readFileSync(join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n");
  const events = lines.map((line): RunEvent => JSON.parse(line));
  const newest = readdirSync(join(folder, "checkpoints")).sort().at(-1) ?? "";
  const weights = readFileSync(join(folder, "checkpoints", newest, "model.safetensors"));
  const { tensors, metadata } = await loadSafetensors(join(folder, "checkpoints", newest, "training.safetensors"));
  const { seconds: _, ...position } = JSON.parse(metadata.position);
  const metrics = events.map((event) =>
    event.kind === "step" ? { ...event, seconds: 0, tokensPerSecond: 0 } : { ...event, seconds: 0 },
  );
  return { newest, metrics, weights, optimizer: tensors, position };
}
