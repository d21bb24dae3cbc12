/** Rule 11: what is fused changes no bit; and both backends compute the same. Random programs, run whole and op by op. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  arange,
  concat,
  type Device,
  noGrad,
  parameter,
  realize,
  setDefaultDevice,
  type Tensor,
  tensor,
  where,
} from "../src/index.ts";
import "../src/backends/reference/index.ts";

/** One op of a program: it takes the value so far (and an earlier one) to the next. `pick` chooses among its variants. */
type Move = (x: Tensor, earlier: Tensor, pick: (n: number) => number) => Tensor;

const moves: Record<string, Move> = {
  permute: (x, _e, pick) => (x.rank < 2 ? x : x.transpose(pick(x.rank), pick(x.rank))),
  reshape: (x) => x.reshape([-1]),
  fold: (x) => (x.size % 2 === 0 && x.size > 0 ? x.reshape([2, -1]) : x),
  slice: (x, _e, pick) => (x.rank === 0 ? x : x.slice(pick(x.rank), pick(2), undefined, 1 + pick(2))),
  flip: (x, _e, pick) => (x.rank === 0 ? x : x.flip(pick(x.rank))),
  pad: (x, _e, pick) => x.pad(x.shape.map(() => [pick(2), pick(2)] as [number, number])),
  expand: (x, _e, pick) => (x.size > 60 ? x : x.expand([1 + pick(3), ...x.shape])),
  unsqueeze: (x, _e, pick) => x.unsqueeze(pick(x.rank + 1)),
  square: (x) => x.square(),
  scale: (x) => x.mul(0.5).sub(1),
  tanh: (x) => x.tanh(),
  bend: (x) => x.gelu(),
  smooth: (x) => x.logaddexp(x.square()),
  power: (x) => x.square().add(0.5).pow(0.7),
  rational: (x) => x.div(x.abs().add(1)),
  masked: (x) => where(x.gt(0), x, x.mul(0.25)),
  triangular: (x) =>
    x.rank < 2
      ? x
      : where(
          arange(x.shape[x.rank - 2])
            .unsqueeze(1)
            .ge(arange(x.shape[x.rank - 1])),
          x,
          0,
        ),
  sum: (x, _e, pick) => (x.rank === 0 ? x : x.sum({ axis: pick(x.rank), keepDim: pick(2) === 1 })),
  max: (x, _e, pick) => (x.rank === 0 || x.size === 0 ? x : x.max({ axis: pick(x.rank), keepDim: true }).add(x)),
  softmax: (x) => (x.rank === 0 || x.size === 0 ? x : x.softmax()),
  double: (x, _e, pick) => (x.rank === 0 || x.size > 100 ? x : concat([x, x.neg()], pick(x.rank))),
  rows: (x) => (x.rank === 0 || x.shape[0] === 0 ? x : x.take(tensor(Int32Array.of(x.shape[0] - 1, 0)))),
  gram: (x) => (x.rank < 2 || x.size > 100 ? x : x.matmul(x.transpose())),
  join: (x, earlier) =>
    x.rank === earlier.rank && x.shape.every((e, a) => e === earlier.shape[a]) ? x.add(earlier) : x,
  reuse: (x, earlier) => x.add(earlier.size === 0 ? 0 : earlier.sum()),
};

const program = fc.record({
  shape: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 0, maxLength: 3 }),
  values: fc
    .infiniteStream(fc.float({ min: -2, max: 2, noNaN: true }))
    .map((s) => s.take(64))
    .map((s) => [...s]),
  moves: fc.array(fc.tuple(fc.constantFrom(...Object.keys(moves)), fc.nat({ max: 255 }), fc.nat({ max: 7 })), {
    minLength: 1,
    maxLength: 9,
  }),
});

type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;

/** Runs a program; `settle` is awaited after every op. Gives the result and the gradient of its sum of squares. */
async function run(
  { shape, values, moves: chosen }: Program,
  settle: (t: Tensor) => Promise<void>,
): Promise<Float32Array[]> {
  const size = shape.reduce((a, b) => a * b, 1);
  const w = parameter(
    tensor(
      Float32Array.from({ length: size }, (_, i) => values[i]),
      { shape },
    ),
  );
  await realize();
  const history: Tensor[] = [w.read()];
  for (const [name, seed, back] of chosen) {
    let state = seed;
    const pick = (n: number): number => {
      state = (state * 37 + 11) % 256;
      return state % n;
    };
    const x = history[history.length - 1];
    const next = moves[name](x, history[Math.max(0, history.length - 1 - back)], pick);
    await settle(next);
    history.push(next);
  }
  const last = history[history.length - 1];
  const result = await noGrad(() => last.mul(1)).data();
  last.square().sum().backward();
  const gradient = w.grad ? await w.grad.data() : new Float32Array(size);
  return [result, gradient] as Float32Array[];
}

describe("random programs", () => {
  // Run op by op, what needs a gradient is computed a second time for it: that is said, and no matter here.
  beforeAll(() => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
  });
  const devices: Device[] = [];
  const on = (name: string): void => {
    const known = devices.find((d) => d.name === name);
    if (known) setDefaultDevice(known);
    else devices.push(setDefaultDevice(name, { threads: 2 }));
  };
  afterAll(async () => {
    for (const device of devices) await device.close();
  });

  it.each(["reference", "wasm"])("fused and op by op give the same bits on %s", async (name) => {
    await fc.assert(
      fc.asyncProperty(program, async (p) => {
        on(name);
        const whole = await run(p, async () => {});
        const stepwise = await run(p, (t) => realize(t));
        expect(stepwise).toEqual(whole);
      }),
    );
  });

  it("wasm equals reference", async () => {
    await fc.assert(
      fc.asyncProperty(program, async (p) => {
        on("reference");
        const expected = await run(p, async () => {});
        on("wasm");
        const actual = await run(p, async () => {});
        // Where the largest are equal but for rounding, the gradient of a maximum jumps from one to another.
        const compared = p.moves.some(([move]) => move === "max") ? actual.slice(0, 1) : actual;
        for (const [i, array] of compared.entries()) {
          expect(array.length).toBe(expected[i].length);
          const scale = Math.max(1, ...Array.from(expected[i], Math.abs).filter(Number.isFinite));
          for (const [j, value] of array.entries()) {
            const want = expected[i][j];
            if (Number.isFinite(want)) expect(Math.abs(value - want)).toBeLessThanOrEqual(2e-5 * scale);
            else expect(value).toEqual(want);
          }
        }
      }),
    );
  });
});
