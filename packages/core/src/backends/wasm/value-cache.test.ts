import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { macrotask } from "../../plan/pace.ts";
import { ValueHandle } from "./handles.ts";
import { Memory } from "./memory.ts";
import { ValueCache } from "./value-cache.ts";

function setUp(limit: number): { memory: Memory; cache: ValueCache } {
  const memory = new Memory(false);
  return { memory, cache: new ValueCache(memory, limit) };
}

function value(first: number): ValueHandle {
  return new ValueHandle("int32", [4], Int32Array.from([first, 1, 2, 3]));
}

test("a value is uploaded once, and again after it was given up", () => {
  const { memory, cache } = setUp(1000);
  const handle = value(7);
  const address = cache.addressOf(handle);
  expect(memory.read(address, "int32", 4)).toEqual(Int32Array.from([7, 1, 2, 3]));
  cache.endRun();
  memory.write(address, Int32Array.from([8]));
  expect(memory.read(cache.addressOf(handle), "int32", 1)[0]).toBe(8);
  cache.endRun();
  expect(cache.evict()).toBe(true);
  expect(memory.held("cached values")).toBe(0);
  expect(memory.read(cache.addressOf(handle), "int32", 1)[0]).toBe(7);
});

test("beyond its limit the least recently used go first, and those of the present run stay", () => {
  const { memory, cache } = setUp(32);
  const [a, b, c] = [value(1), value(2), value(3)];
  for (const handle of [a, b, a, c]) cache.addressOf(handle);
  expect(cache.evict()).toBe(false);
  expect(memory.held("cached values")).toBe(48);
  cache.endRun();
  expect(memory.held("cached values")).toBe(32);
  cache.forget(b);
  expect(memory.held("cached values")).toBe(32);
  cache.forget(a);
  expect(memory.held("cached values")).toBe(16);
});

test("what nobody holds any more is given back", async () => {
  const { memory, cache } = setUp(1000);
  const kept = value(1);
  const upload = (): void => {
    for (const handle of [value(2), kept, value(3)]) cache.addressOf(handle);
  };
  upload();
  await collect();
  expect(memory.held("cached values")).toBe(48);
  cache.endRun();
  await collect();
  expect(memory.held("cached values")).toBe(16);
  expect(kept.data[0]).toBe(1);
});

/** A full garbage collection, and the finalizers that follow it. */
async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  await macrotask();
  gc();
  await macrotask();
}
