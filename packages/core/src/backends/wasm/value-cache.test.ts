import { expect, test } from "vitest";
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
