import { expect, it } from "vitest";
import type { Call, Executor } from "./executor.ts";
import { InlineSmall } from "./inline-small.ts";

/** An executor that takes down what it is told. */
function recorder(name: string, log: string[]): Executor {
  return {
    threadsFor: () => 1,
    install: (_module, names) => void log.push(`${name} installs ${names}`),
    load: () => {},
    unload: () => {},
    run: async (program, segment) => void log.push(`${name} runs ${program}.${segment}`),
    close: async () => {},
  };
}

const call = (work: number): Call => ({ function: 0, args: 0, step: 0, barrier: false, work });
const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

it("small segments run on the calling thread, which has all functions by then, in the pool's order", async () => {
  const log: string[] = [];
  const executor = new InlineSmall(recorder("pool", log), recorder("inline", log));
  executor.install(empty, ["a"]);
  executor.load(0, [[call(1e6)], [call(1e3), call(1e3)], []]);
  await executor.run(0, 0);
  executor.install(empty, ["b"]);
  for (const segment of [1, 2, 1, 0]) await executor.run(0, segment);
  expect(log).toEqual([
    "pool installs a",
    "pool runs 0.0",
    "pool installs b",
    "inline installs a",
    "inline installs b",
    "inline runs 0.1",
    "inline runs 0.2",
    "inline runs 0.1",
    "pool runs 0.0",
  ]);
});

it("many small calls make a large segment", async () => {
  const log: string[] = [];
  const executor = new InlineSmall(recorder("pool", log), recorder("inline", log));
  executor.load(0, [new Array<Call>(100).fill(call(1e3))]);
  await executor.run(0, 0);
  expect(log).toEqual(["pool runs 0.0"]);
});
