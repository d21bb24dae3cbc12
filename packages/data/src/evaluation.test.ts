import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluationBatches } from "./evaluation.ts";

const text = (length: number): Int32Array => Int32Array.from({ length }, (_, place) => place);

describe("batches to evaluate on", () => {
  it("have one shape, and predict every token but the first once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        async (tokens, length, batch) => {
          const predicted: number[] = [];
          for (const { ids, labels, counted } of evaluationBatches(text(tokens), { batch, length })) {
            expect([ids.shape, labels.shape]).toEqual([
              [batch, length],
              [batch, length],
            ]);
            const [inputs, targets] = [await ids.data(), await labels.data()];
            const before = predicted.length;
            for (let place = 0; place < targets.length; place++) {
              if (targets[place] === -100) continue;
              expect(targets[place]).toBe(inputs[place]);
              if (place % length === 0) continue;
              expect(targets[place - 1]).toBe(targets[place] - 1);
              predicted.push(targets[place]);
            }
            expect(counted).toBe(predicted.length - before);
          }
          expect(predicted).toEqual([...text(tokens)].slice(1));
        },
      ),
    );
  });

  it("of a part lie evenly", async () => {
    const batches = [...evaluationBatches(text(53), { batch: 2, length: 8, batches: 2 })];
    const starts = await Promise.all(batches.map(async ({ ids }) => [(await ids.data())[0], (await ids.data())[8]]));
    expect(starts).toEqual([
      [0, 14],
      [28, 42],
    ]);
    expect([...evaluationBatches(text(53), { batch: 2, length: 8, batches: 9 })].length).toBe(4);
    expect(() => [...evaluationBatches(text(53), { batch: 2, length: 8, batches: 0 })]).toThrow(
      "evaluationBatches: batches is a whole number ≥ 1, not 0",
    );
  });
});
