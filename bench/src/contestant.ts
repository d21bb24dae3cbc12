import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Answer, Request, RoundOptions } from "./protocol.ts";
import type { Workload } from "./workloads.ts";

/** How a contestant's process is started. */
export interface Command {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a process that failed has said last. */
const keptOutput = 2000;

/** A process that does workloads; it waits for its turn on its standard input, without computing. */
export class Contestant {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #said = "";
  #failure: Error | null = null;

  constructor({ name, file, args, env }: Command) {
    this.name = name;
    this.#process = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.#process.on("error", (error) => {
      this.#failure = error;
    });
    const { stdin, stdout, stderr } = this.#process;
    if (!stdin || !stdout || !stderr) throw new Error(`${name}: a process without pipes`);
    // What a write to a process that has ended would say, its missing answer says better.
    stdin.on("error", () => {});
    stderr.on("data", (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-keptOutput);
    });
    this.#reader = createInterface({ input: stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Sets a workload up; `null` where the contestant has no way to do it, else what came out. */
  async prepare(workload: Workload): Promise<Readonly<Record<string, number>> | null> {
    const answer = await this.#ask({ do: "prepare", workload });
    return "cannot" in answer ? null : this.#checked(answer);
  }

  /** Seconds of one repetition. */
  async round(round: RoundOptions): Promise<number> {
    return this.#checked(await this.#ask({ do: "round", round })).seconds;
  }

  /** Bytes that the workload has taken at most. */
  async memory(): Promise<number> {
    return this.#checked(await this.#ask({ do: "memory" })).bytes;
  }

  close(): void {
    this.#reader.close();
    this.#process.kill();
  }

  async #ask(request: Request): Promise<Answer> {
    this.#process.stdin?.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#lines.next();
    return done ? { error: this.#failure?.message ?? `it ended; it said:\n${this.#said}` } : JSON.parse(value);
  }

  #checked(answer: Answer): Readonly<Record<string, number>> {
    if ("ok" in answer) return answer.ok;
    throw new ContestantError(this.name, "error" in answer ? answer.error : answer.cannot);
  }
}

/** A contestant that failed: its rows go on without it. */
export class ContestantError extends Error {
  readonly contestant: string;

  constructor(contestant: string, what: string) {
    super(`${contestant}: ${what}`);
    this.contestant = contestant;
  }
}
