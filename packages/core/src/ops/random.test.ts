/** Random numbers: the published cipher, the same bits on both backends, ranges, permutations. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import "../backends/reference/index.ts";
import {
  ArgumentError,
  bernoulli,
  Device,
  Generator,
  manualSeed,
  normal,
  permutation,
  randint,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  uniform,
  withDefaultDtype,
} from "../index.ts";

const devices = [new Device("reference"), new Device("wasm", { threads: 2 })] as const;
setDefaultDevice(devices[0]);
afterAll(() => Promise.all(devices.map((device) => device.close())));

/** What each backend makes of it. */
async function onBoth(make: () => Tensor): Promise<number[][]> {
  const results: number[][] = [];
  for (const device of devices) {
    setDefaultDevice(device);
    results.push([...(await make().data())]);
  }
  setDefaultDevice(devices[0]);
  return results;
}

/** Threefry 2×32, 20 rounds, by the paper: the first word. */
function threefry(key: readonly [number, number], counter: readonly [number, number]): number {
  const keys = [key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bda];
  let [x0, x1] = [(counter[0] + key[0]) | 0, (counter[1] + key[1]) | 0];
  for (let round = 0; round < 20; round++) {
    const bits = [13, 15, 26, 6, 17, 29, 16, 24][round % 8];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << bits) | (x1 >>> (32 - bits))) ^ x0;
    if (round % 4 !== 3) continue;
    const group = (round + 1) / 4;
    x0 = (x0 + keys[group % 3]) | 0;
    x1 = (x1 + keys[(group + 1) % 3] + group) | 0;
  }
  return x0 >>> 0;
}

const seeds = fc.integer({ min: 0, max: 2 ** 53 - 1 });

it("the cipher gives the published words", () => {
  expect(threefry([0, 0], [0, 0])).toBe(0x6b200159);
  expect(threefry([-1, -1], [-1, -1])).toBe(0x1cb996fc);
  expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3 | 0])).toBe(0xc4923a9c);
});

describe("words of the cipher on both backends", () => {
  const words = (seed: number, counter: number, n: number): number[] =>
    Array.from({ length: n }, (_, i) => threefry([seed | 0, Math.floor(seed / 2 ** 32) | 0], [i, counter]));

  it("uniforms are their upper 24 bits", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.nat(2 ** 31), fc.nat(50), async (seed, counter, n) => {
        const draw = (): Tensor => {
          const generator = new Generator(seed);
          generator.restore({ seed, counter });
          return generator.uniform([n]);
        };
        const expected = words(seed, counter, n).map((word) => (word >>> 8) / 2 ** 24);
        expect(await onBoth(draw)).toEqual([expected, expected]);
      }),
    );
  });

  it("randint is low + ⌊word · range / 2³²⌋, in [low, high)", async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 32 - 1 })),
        async (seed, low, range) => {
          const high = Math.min(low + range, 2 ** 31);
          const expected = words(seed, 0, 20).map((word) =>
            Number(BigInt(low) + ((BigInt(word) * BigInt(high - low)) >> 32n)),
          );
          const draw = (): Tensor => new Generator(seed).randint([4, 5], { low, high });
          expect(await onBoth(draw)).toEqual([expected, expected]);
          expect(expected.every((value) => value >= low && value < high)).toBe(true);
        },
      ),
    );
  });

  it("a permutation sorts words, and has every place once", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.oneof(fc.nat(20), fc.nat(1000)), async (seed, n) => {
        const keys = words(seed, 0, n).map((word) => word | 0);
        const expected = [...keys.keys()].sort((a, b) => keys[a] - keys[b]);
        expect(await onBoth(() => new Generator(seed).permutation(n))).toEqual([expected, expected]);
        expect([...expected].sort((a, b) => a - b)).toEqual([...keys.keys()]);
      }),
    );
  });

  it("normals have the same bits too", async () => {
    const [a, b] = await onBoth(() => new Generator(5).normal([1000]));
    expect(a).toEqual(b);
  });
});

describe("distributions, over 100,000 numbers", () => {
  const n = 100_000;
  const moments = async (x: Tensor): Promise<[mean: number, deviation: number]> => {
    const values = [...(await x.data())];
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n)];
  };

  it("mean and deviation lie within five standard errors", async () => {
    const generator = new Generator(9);
    const [flatMean, flatDeviation] = await moments(generator.uniform([n], { low: -2, high: 4 }));
    expect(Math.abs(flatMean - 1)).toBeLessThan((5 * Math.sqrt(3)) / Math.sqrt(n));
    expect(Math.abs(flatDeviation - Math.sqrt(3))).toBeLessThan(0.02);
    const [mean, deviation] = await moments(generator.normal([n], { mean: 3, std: 2 }));
    expect(Math.abs(mean - 3)).toBeLessThan(10 / Math.sqrt(n));
    expect(Math.abs(deviation - 2)).toBeLessThan(10 / Math.sqrt(n));
    const [share] = await moments(generator.bernoulli([n], 0.3));
    expect(Math.abs(share - 0.3)).toBeLessThan((5 * Math.sqrt(0.21)) / Math.sqrt(n));
  });

  it("randint hits every number equally often", async () => {
    const counts = new Array<number>(7).fill(0);
    for (const value of await new Generator(3).randint([n], { high: 7 }).data()) counts[value]++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 7) ** 2 / (n / 7), 0);
    // Six degrees of freedom: 1 in 10,000 lies above.
    expect(chiSquare).toBeLessThan(27.86);
  });
});

describe("functions and generators", () => {
  it("functions draw from the default generator, or from the one given", async () => {
    const draw = (source: Generator | undefined): Tensor[] => {
      const options = source ? { generator: source } : {};
      return [
        uniform([3], options),
        normal([3], { mean: 1, ...options }),
        bernoulli([3], 0.5, options),
        randint([3], { high: 100, ...options }),
        permutation(3, options),
      ];
    };
    manualSeed(4);
    const [ours, given, own] = [draw(undefined), draw(new Generator(4)), new Generator(4)];
    const expected = [
      own.uniform([3]),
      own.normal([3], { mean: 1 }),
      own.bernoulli([3], 0.5),
      own.randint([3], { high: 100 }),
      own.permutation(3),
    ];
    for (const [i, tensor] of expected.entries()) {
      expect(await ours[i].array()).toEqual(await tensor.array());
      expect(await given[i].array()).toEqual(await tensor.array());
    }
  });

  it("floats have the default dtype, and the same values in any", async () => {
    const single = new Generator(1);
    const double = new Generator(1);
    const [a, b] = [single.normal([5]), withDefaultDtype("float64", () => double.normal([5]))];
    expect([a.dtype, b.dtype]).toEqual(["float32", "float64"]);
    expect(await b.array()).toEqual(await a.array());
    expect(single.uniform([1], { dtype: "float64" }).dtype).toBe("float64");
    expect(single.randint([1], { high: 3 }).dtype).toBe("int32");
  });

  const g = new Generator(0);
  it.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ["seed", () => new Generator(-1), ArgumentError, /seed is a whole number in \[0, 2\^53\), not -1/],
    ["uniform", () => g.uniform([1], { low: 2 }), ArgumentError, /uniform: low ≤ high is needed, not 2 and 1/],
    ["uniform", () => g.uniform([-1]), ShapeError, /uniform: a shape is a list of whole numbers ≥ 0, not \[-1\]/],
    ["normal", () => g.normal([1], { std: -1 }), ArgumentError, /normal: .* not 0 and -1/],
    ["normal", () => g.normal([1], { mean: Number.NaN }), ArgumentError, /normal: .* not NaN and 1/],
    ["bernoulli", () => g.bernoulli([1], Number.NaN), ArgumentError, /bernoulli: p is a number in \[0, 1\], not NaN/],
    ["randint", () => g.randint([1], { high: 0 }), ArgumentError, /randint: int32 numbers low < high .* not 0 and 0/],
    ["randint", () => g.randint([1], { high: 2.5 }), ArgumentError, /randint: .* not 0 and 2.5/],
    ["permutation", () => g.permutation(0.5), ArgumentError, /permutation: n .* not 0.5/],
  ])("%s: a bad argument is an error", (_name, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
