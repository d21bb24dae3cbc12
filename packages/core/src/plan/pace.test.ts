import { expect, test } from "vitest";
import { macrotask, Pace, throughMessageChannel } from "./pace.ts";

/** Work of `turns` pieces that each take a millisecond. */
function* busy(turns: number): Generator<void> {
  for (let i = 0; i < turns; i++) {
    const end = performance.now() + 1;
    while (performance.now() < end);
    yield;
  }
}

test("long work lets other macrotasks run", async () => {
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  await new Pace().through(busy(200));
  clearInterval(counting);
  expect(turns).toBeGreaterThan(1);
});

test.each([macrotask, throughMessageChannel])("%o comes after other macrotasks that are due", async (turn) => {
  const order: string[] = [];
  setImmediate(() => order.push("other"));
  await Promise.resolve();
  order.push("microtask");
  await turn();
  await turn();
  order.push("turn");
  expect(order).toEqual(["microtask", "other", "turn"]);
});
