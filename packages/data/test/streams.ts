import { expect } from "vitest";
import type { Stream } from "../src/stream.ts";

/** The items to come, at most so many. */
export async function take<T>(stream: Stream<T>, count: number = Number.POSITIVE_INFINITY): Promise<T[]> {
  const items: T[] = [];
  while (items.length < count) {
    const item = await stream.next();
    if (item === undefined) break;
    items.push(item);
  }
  return items;
}

/**
 * Cuts a stream after some items, as a checkpoint does: another one that is restored from its state goes on with the same
 * items, has the same state, and so has the first one when it is restored itself.
 */
export async function expectExactResume<T, S>(
  make: (again: boolean) => Stream<T, S>,
  before: number,
  after: number,
): Promise<void> {
  const stream = make(false);
  await take(stream, before);
  const state: S = JSON.parse(JSON.stringify(stream.state()));
  const expected = await take(stream, after);
  const resumed = make(true);
  resumed.restore(state);
  expect(resumed.state()).toEqual(state);
  expect(await take(resumed, after)).toEqual(expected);
  expect(resumed.state()).toEqual(JSON.parse(JSON.stringify(stream.state())));
  stream.restore(state);
  expect(await take(stream, after)).toEqual(expected);
}
