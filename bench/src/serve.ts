import { createInterface } from "node:readline";
import { type Answer, CannotError, type Prepare, type Prepared, type Request, type RoundOptions } from "./protocol.ts";

export interface Service {
  readonly prepare: Prepare;
  /** Bytes that the workload has taken at most; default: what the process has grown by. */
  memory?(): number;
}

/** A contestant's side: answers requests from standard input until that ends. What libraries log goes to standard error. */
export async function serve({ prepare, memory }: Service): Promise<void> {
  const idleBytes = process.memoryUsage.rss();
  const grown = (): number => process.resourceUsage().maxRSS * 1024 - idleBytes;
  for (const name of ["log", "info", "debug"] as const) console[name] = console.error;
  let prepared: Prepared | null = null;

  const answer = async (request: Request): Promise<Answer> => {
    switch (request.do) {
      case "prepare":
        await prepared?.release?.();
        prepared = null;
        prepared = await prepare(request.workload);
        return { ok: prepared.facts ?? {} };
      case "round":
        if (!prepared) return { error: "a round without a workload" };
        return { ok: await round(prepared, request.round) };
      case "memory":
        return { ok: { bytes: (memory ?? grown)() } };
    }
  };

  for await (const line of createInterface({ input: process.stdin })) {
    const result = await answer(JSON.parse(line)).catch((error: unknown): Answer => {
      if (error instanceof CannotError) return { cannot: error.message };
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    });
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  process.exit();
}

async function round(prepared: Prepared, { warm, seconds }: RoundOptions): Promise<Record<string, number>> {
  if (warm > 0) await repeat(prepared, warm);
  const { elapsed, repetitions } = await repeat(prepared, seconds);
  return { seconds: elapsed / repetitions, repetitions };
}

async function repeat(prepared: Prepared, seconds: number): Promise<{ elapsed: number; repetitions: number }> {
  const began = performance.now();
  for (let repetitions = 1; ; repetitions++) {
    await prepared.run();
    const elapsed = (performance.now() - began) / 1000;
    if (elapsed >= seconds) return { elapsed, repetitions };
  }
}
