import { tensor, type Variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal64 } from "../test/random.ts";
import { Embedding } from "./embedding.ts";

onEachDevice(() => {
  test("the rows of the table, for ids of any shape", async () => {
    const tables = fc.record({ rows: fc.integer({ min: 1, max: 20 }), width: fc.integer({ min: 1, max: 5 }) });
    const ids = fc.array(fc.nat(), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(tables, ids, async ({ rows, width }, picks) => {
        const layer = new Embedding({ numEmbeddings: rows, embeddingDim: width });
        const table = (await layer.weight.array()) as number[][];
        const chosen = picks.map((pick) => pick % rows);
        const y = layer.call(tensor(Int32Array.from(chosen), { shape: [1, chosen.length] }));
        expect(y.shape).toEqual([1, chosen.length, width]);
        expect(await y.array()).toEqual([chosen.map((row) => table[row])]);
      }),
    );
  });

  test("an id out of range is an error at the call", () => {
    const layer = new Embedding({ numEmbeddings: 4, embeddingDim: 2 });
    for (const id of [4, -1]) {
      expect(() => layer.call(tensor(Int32Array.of(0, id)))).toThrow(
        `take: index ${id} (element 1 of [2]) is outside [0, 4)`,
      );
    }
  });
});

test("the gradient of the table: rows that repeat add up", async () => {
  const embed = (weight: Variable) => {
    const layer = new Embedding({ numEmbeddings: 5, embeddingDim: 3 });
    layer.weight = weight;
    return layer.call(tensor([[0, 4, 0, 2]], { dtype: "int32" }));
  };
  await gradcheck(embed, [await normal64(1, [5, 3])]);
});
