import { arange, IndexError, type Tensor, tensor, type Variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { RotaryEmbedding } from "./rotary.ts";

/** The definition, in float64: the pair (x₂ᵢ, x₂ᵢ₊₁) as a complex number, times e^(i·angle). */
function rotate(x: readonly number[], dim: number, theta: number, positionOf: (row: number) => number): number[] {
  return x.map((_, place) => {
    const [row, entry] = [Math.floor(place / dim), place % dim];
    const pair = Math.floor(entry / 2);
    const angle = positionOf(row) * theta ** ((-2 * pair) / dim);
    const [re, im] = [x[row * dim + 2 * pair], x[row * dim + 2 * pair + 1]];
    return entry % 2 === 0 ? re * Math.cos(angle) - im * Math.sin(angle) : re * Math.sin(angle) + im * Math.cos(angle);
  });
}

const shapes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  heads: fc.integer({ min: 1, max: 3 }),
  length: fc.integer({ min: 1, max: 6 }),
  half: fc.integer({ min: 1, max: 8 }),
  theta: fc.constantFrom(10_000, 50_000),
});

onEachDevice(() => {
  test("adjacent pairs are rotated by position · theta^(−2i/dim), positions 0 … T − 1 by default", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ batch, heads, length, half, theta }) => {
        const rotary = new RotaryEmbedding({ dim: 2 * half, theta, maxPositions: 8 });
        const x = await normal(1, [batch, heads, length, 2 * half]);
        const expected = rotate(x.values, 2 * half, theta, (row) => row % length);
        expectClose(await rotary.call(x.x).data(), expected, 1e-6);
      }),
    );
  });

  test("pairs of halves are adjacent pairs in another order", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ batch, heads, length, half, theta }) => {
        const options = { dim: 2 * half, theta, maxPositions: 8 };
        const { x } = await normal(1, [batch, heads, length, 2 * half]);
        const order = tensor(Int32Array.from({ length: 2 * half }, (_, i) => (i % 2) * half + Math.floor(i / 2)));
        const reorder = (y: Tensor): Tensor => y.permute([3, 0, 1, 2]).take(order).permute([1, 2, 3, 0]);
        const adjacent = new RotaryEmbedding(options).call(reorder(x));
        const halves = new RotaryEmbedding({ ...options, pairs: "halves" }).call(x);
        expect(await reorder(halves).data()).toEqual(await adjacent.data());
      }),
    );
  });

  test("free positions, for each row of the batch its own", async () => {
    const seeds = fc.array(fc.nat(8191), { minLength: 18, maxLength: 18 });
    await fc.assert(
      fc.asyncProperty(shapes, seeds, async ({ batch, heads, length, half, theta }, places) => {
        const rotary = new RotaryEmbedding({ dim: 2 * half, theta, maxPositions: 8192 });
        const x = await normal(1, [batch, heads, length, 2 * half]);
        const positions = tensor(Int32Array.from(places.slice(0, batch * length)), { shape: [batch, length] });
        const positionOf = (row: number): number =>
          places[Math.floor(row / (heads * length)) * length + (row % length)];
        expectClose(await rotary.call(x.x, positions).data(), rotate(x.values, 2 * half, theta, positionOf), 1e-6);
      }),
    );
  });

  test("positions 0 … T − 1 in either form give the bits of the default", async () => {
    const rotary = new RotaryEmbedding({ dim: 6, maxPositions: 9 });
    const { x } = await normal(1, [2, 3, 5, 6]);
    const expected = await rotary.call(x).data();
    expect(await rotary.call(x, arange(5)).data()).toEqual(expected);
    expect(await rotary.call(x, arange(5).reshape([1, 5]).expand([2, 5])).data()).toEqual(expected);
    expect(await rotary.call(x.reshape([6, 5, 6])).data()).toEqual(expected);
  });

  test("dot products depend on the distance of positions alone", async () => {
    const dim = 64;
    const rotary = new RotaryEmbedding({ dim, theta: 50_000, maxPositions: 512 });
    const rows = 32;
    const [q, k] = [await normal(1, [rows, dim]), await normal(2, [rows, dim])];
    const norm = (values: readonly number[], row: number): number =>
      Math.hypot(...values.slice(row * dim, (row + 1) * dim));
    await fc.assert(
      fc.asyncProperty(fc.nat(255), fc.nat(511), fc.nat(511), async (distance, at, shift) => {
        const dots = async (start: number): Promise<ArrayLike<number>> => {
          const place = (p: number): Tensor => tensor(new Int32Array(rows).fill(p));
          const rotated = rotary.call(q.x, place(start)).mul(rotary.call(k.x, place(start + distance)));
          return rotated.sum({ axis: -1 }).data();
        };
        const start = at % (512 - distance);
        const moved = (at + shift) % (512 - distance);
        const [here, there] = [await dots(start), await dots(moved)];
        const scale = (row: number): number => norm(q.values, row) * norm(k.values, row);
        for (let row = 0; row < rows; row++) {
          expect(Math.abs(here[row] - there[row])).toBeLessThanOrEqual(1e-5 * scale(row));
        }
      }),
    );
  });

  test("what does not fit is an error", () => {
    const rotary = new RotaryEmbedding({ dim: 4, maxPositions: 3 });
    const x = tensor(new Float32Array(16), { shape: [1, 1, 4, 4] });
    expect(() => rotary.call(x)).toThrow(new IndexError("RotaryEmbedding: 4 positions are asked for, the table has 3"));
    expect(() => rotary.call(x.reshape([1, 1, 2, 8]))).toThrow("x [..., T, 4] is needed, not [1,1,2,8]");
    expect(() => rotary.call(x, tensor([[0, 0, 0, 3]], { dtype: "int32" }))).toThrow(/index 3 .* outside \[0, 3\)/);
    expect(() => rotary.call(x, arange(3))).toThrow("for x [1,1,4,4], not [3]");
    expect(() => rotary.call(x, arange(8).reshape([2, 4]))).toThrow("for x [1,1,4,4], not [2,4]");
    expect(() => new RotaryEmbedding({ dim: 5, maxPositions: 3 })).toThrow("dim is even and positive, not 5");
  });
});

test("tables are buffers that no checkpoint holds, exact to float32 at every position", async () => {
  const rotary = new RotaryEmbedding({ dim: 64, theta: 50_000, maxPositions: 8192 });
  expect(Object.keys(rotary.namedBuffers())).toEqual(["cos", "sin"]);
  expect(await rotary.stateDict()).toEqual({});
  const angle = (i: number): number => 8191 * 50_000 ** ((-2 * i) / 64);
  const last = Array.from({ length: 32 }, (_, i) => Math.fround(Math.cos(angle(i))));
  expect(await rotary.cos.select(0, 8191).array()).toEqual(last);
});

test("gradients, with and without positions", async () => {
  const x = await normal64(1, [2, 2, 3, 4]);
  const rotate = (input: Variable, positions?: Tensor): Tensor =>
    new RotaryEmbedding({ dim: 4, maxPositions: 16 }).call(input.read(), positions);
  await gradcheck((input) => rotate(input), [x]);
  await gradcheck(
    (input) =>
      rotate(
        input,
        tensor(
          [
            [2, 0, 9],
            [5, 5, 1],
          ],
          { dtype: "int32" },
        ),
      ),
    [x],
  );
});
