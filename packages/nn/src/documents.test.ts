import { type Tensor, tensor, zeros } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { cumulative } from "../test/cumulative.ts";
import { documentIds, documentPositions } from "./documents.ts";

const ints = (values: readonly number[]): Tensor => tensor(Int32Array.from(values));

onEachDevice(() => {
  test("each token is told its document and its place there", async () => {
    const lengths = fc.array(fc.nat(4), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(3), async (sizes, rest) => {
        const bounds = cumulative(sizes);
        const tokens = [...sizes, rest].flatMap((size, id) =>
          Array.from({ length: size }, (_, place) => ({ id, place })),
        );
        const documents = documentIds(ints(bounds), tokens.length).keep();
        expect(documents.shape).toEqual([1, tokens.length]);
        expect([...(await documents.data())]).toEqual(tokens.map(({ id }) => id));
        expect([...(await documentPositions(documents).data())]).toEqual(tokens.map(({ place }) => place));
      }),
    );
  });

  test("rows of a batch have bounds of their own; fewer documents repeat the end", async () => {
    const documents = documentIds(
      tensor([
        [0, 2, 4],
        [0, 4, 4],
      ]).cast("int32"),
      4,
    );
    expect(await documents.array()).toEqual([
      [0, 0, 1, 1],
      [0, 0, 0, 0],
    ]);
  });
});

test("what does not fit is an error at the call", () => {
  expect(() => documentIds(zeros([2]), 3)).toThrow("cumulative lengths are int32, not float32");
  expect(() => documentIds(ints([]), 3)).toThrow("[n + 1] or [B, n + 1] are needed, not [0]");
  expect(() => documentPositions(ints([0]))).toThrow("int32 [B, T] is needed, not int32 [1]");
});
