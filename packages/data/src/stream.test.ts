import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { expectExactResume, take } from "../test/streams.ts";
import { mapStream, repeat, streamOf } from "./stream.ts";

const halves = (x: number): number | undefined => (x % 2 === 0 ? x / 2 : undefined);

describe("streams", () => {
  it("go on from any place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1 }), fc.nat(20), async (items, before) => {
        await expectExactResume(() => streamOf(items), before, 20);
        await expectExactResume(() => mapStream(streamOf(items), halves), before, 20);
        await expectExactResume(() => repeat(streamOf(items)), before, 20);
      }),
    );
  });

  test("made of another one's items, without what they make undefined", async () => {
    const stream = mapStream(streamOf([0, 1, 2, 3, 4]), async (x) => halves(x));
    expect(await take(stream)).toEqual([0, 1, 2]);
    expect(await stream.next()).toBeUndefined();
    stream.rewind();
    const again: number[] = [];
    for await (const item of stream) again.push(item);
    expect(again).toEqual([0, 1, 2]);
  });

  test("again and again", async () => {
    const stream = repeat(streamOf("ab".split("")));
    expect(await take(stream, 4)).toEqual(["a", "b", "a", "b"]);
    expect(stream.passes).toBe(1);
    expect(await stream.next()).toBe("a");
    expect(stream.passes).toBe(2);
    await expect(repeat(streamOf([])).next()).rejects.toThrow("repeat: the stream has no items");
  });
});
