import { concat, Generator, realize, type Tensor, tensor, type Variable, variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { KVCache } from "./cache.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { RotaryEmbedding } from "./rotary.ts";

/** The rows of a projection, each head's repeated for the query heads that share it. */
const repeatHeads = (weight: Variable, groups: number, times: number): Tensor =>
  weight
    .reshape([groups, 1, -1, weight.shape[1]])
    .expand([groups, times, weight.shape[0] / groups, weight.shape[1]])
    .reshape([-1, weight.shape[1]]);

const shapes = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  length: fc.integer({ min: 1, max: 6 }),
  groups: fc.integer({ min: 1, max: 3 }),
  times: fc.integer({ min: 1, max: 3 }),
  half: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(1000),
});

onEachDevice(() => {
  test("grouped heads are as many heads with repeated keys and values", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ batch, length, groups, times, half, seed }) => {
        const rotary = new RotaryEmbedding({ dim: 2 * half, maxPositions: 8 });
        const options = { hiddenSize: 5, numHeads: groups * times, headDim: 2 * half, causal: true, rotary };
        const grouped = new MultiHeadAttention({
          ...options,
          numKeyValueHeads: groups,
          generator: new Generator(seed),
        });
        const whole = new MultiHeadAttention(options);
        whole.qProj.weight.assign(grouped.qProj.weight);
        whole.oProj.weight.assign(grouped.oProj.weight);
        whole.kProj.weight.assign(repeatHeads(grouped.kProj.weight, groups, times));
        whole.vProj.weight.assign(repeatHeads(grouped.vProj.weight, groups, times));
        const { x } = await normal(seed, [batch, length, 5]);
        expect(grouped.call(x).shape).toEqual([batch, length, 5]);
        expectClose(await grouped.call(x).data(), await whole.call(x).data(), 1e-6);
      }),
      { numRuns: 10 },
    );
  });

  test("causality: later tokens change no bit of an earlier row, also with grouped heads and a window", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(), async ({ batch, length, groups, times, half, seed }, pick) => {
        const kept = pick % length;
        const layer = new MultiHeadAttention({
          hiddenSize: 5,
          numHeads: groups * times,
          numKeyValueHeads: groups,
          headDim: half,
          causal: true,
          window: 3,
        });
        const [{ x }, other] = [await normal(seed, [batch, length, 5]), await normal(seed + 1, [batch, length, 5])];
        const changed = concat([x.slice(1, 0, kept), other.x.slice(1, kept).mul(100)], 1);
        expect(await layer.call(changed).slice(1, 0, kept).data()).toEqual(
          await layer.call(x).slice(1, 0, kept).data(),
        );
      }),
    );
  });

  test("a window as wide as the text is none", async () => {
    const { x } = await normal(1, [2, 5, 8]);
    const [wide, full] = [5, undefined].map(
      (window) =>
        new MultiHeadAttention({ hiddenSize: 8, numHeads: 2, causal: true, window, generator: new Generator(1) }),
    );
    expect(await wide.call(x).data()).toEqual(await full.call(x).data());
  });

  test("with a cache, token by token, as without", async () => {
    const rotary = new RotaryEmbedding({ dim: 4, maxPositions: 16 });
    const options = { hiddenSize: 6, numHeads: 4, numKeyValueHeads: 2, headDim: 4, causal: true, rotary };
    for (const window of [undefined, 3]) {
      const layer = new MultiHeadAttention({ ...options, window });
      const { x } = await normal(1, [2, 7, 6]);
      const expected = await layer.call(x).data();
      const cache = new KVCache({ capacity: 9 });
      const rows = [layer.call(x.slice(1, 0, 3), cache.prefill(3))];
      for (let place = 3; place < 7; place++) rows.push(layer.call(x.slice(1, place, place + 1), cache.extend()));
      expectClose(await concat(rows, 1).data(), expected, 1e-6);
    }
  });

  test("cross-attention sees the source, of another width, and its padding is not seen", async () => {
    const layer = new MultiHeadAttention({ hiddenSize: 4, numHeads: 2, sourceSize: 3, bias: true });
    const [{ x }, source, junk] = [await normal(1, [2, 3, 4]), await normal(2, [2, 5, 3]), await normal(3, [2, 2, 3])];
    const padded = concat([source.x, junk.x], 1);
    const mask = tensor([0, 1].map(() => Array.from({ length: 7 }, (_, place) => place < 5)));
    const y = layer.call(x, {}, source.x);
    expect(y.shape).toEqual([2, 3, 4]);
    expectClose(await layer.call(x, { mask }, padded).data(), await y.data(), 1e-6);
  });

  test("dropout drops in training alone", async () => {
    const layer = new MultiHeadAttention({ hiddenSize: 4, numHeads: 2, dropout: 0.5, generator: new Generator(1) });
    const { x } = await normal(1, [1, 4, 4]);
    const [first, second] = [await layer.call(x).data(), await layer.call(x).data()];
    expect(first).not.toEqual(second);
    layer.eval();
    expect(await layer.call(x).data()).toEqual(await layer.call(x).data());
  });

  test("a shared head gets the sum of the gradients of its query heads", async () => {
    const grouped = new MultiHeadAttention({ hiddenSize: 3, numHeads: 2, numKeyValueHeads: 1, headDim: 2 });
    const whole = new MultiHeadAttention({ hiddenSize: 3, numHeads: 2, headDim: 2 });
    for (const name of ["qProj", "oProj"] as const) whole[name].weight.assign(grouped[name].weight);
    for (const name of ["kProj", "vProj"] as const) whole[name].weight.assign(repeatHeads(grouped[name].weight, 1, 2));
    const x = variable((await normal(1, [1, 4, 3])).x);
    await realize();
    for (const layer of [grouped, whole]) layer.call(x.read()).square().sum().backward();
    for (const name of ["kProj", "vProj"] as const) {
      const sum = whole[name].weight.grad?.reshape([2, 2, 3]).sum({ axis: 0 });
      expectClose((await grouped[name].weight.grad?.data()) ?? [], (await sum?.data()) ?? [0], 1e-5);
    }
  });
});

test("names are those of checkpoints", () => {
  const layer = new MultiHeadAttention({ hiddenSize: 4, numHeads: 2, numKeyValueHeads: 1, bias: true, outBias: false });
  const shapesOf = Object.entries(layer.namedParameters()).map(([name, { shape }]) => [name, shape]);
  expect(shapesOf).toEqual([
    ["q_proj.weight", [4, 4]],
    ["q_proj.bias", [4]],
    ["k_proj.weight", [2, 4]],
    ["k_proj.bias", [2]],
    ["v_proj.weight", [2, 4]],
    ["v_proj.bias", [2]],
    ["o_proj.weight", [4, 4]],
  ]);
});

test("what does not fit is an error that names it", () => {
  const make = (options: object) => new MultiHeadAttention({ hiddenSize: 6, numHeads: 4, ...options });
  expect(() => make({})).toThrow("numHeads = 4 must divide hiddenSize = 6");
  expect(() => make({ headDim: 2, numKeyValueHeads: 3 })).toThrow("numKeyValueHeads = 3 must divide numHeads = 4");
  const rotary = new RotaryEmbedding({ dim: 4, maxPositions: 2 });
  expect(() => make({ headDim: 2, rotary })).toThrow("the rotary embedding's dim 4 must be 2");
  expect(() => make({ headDim: 2, dropout: 1 })).toThrow("0 ≤ p < 1");
  const x = zeros([1, 2, 6]);
  expect(() => make({ headDim: 2 }).call(zeros([2, 6]))).toThrow("[batch, tokens, width] is needed, not [2,6]");
  expect(() => make({ headDim: 4, rotary }).call(x, {}, zeros([1, 2, 6]))).toThrow("rotary positions");
  const { cache } = new KVCache({ capacity: 4 }).prefill(2);
  expect(() => make({ headDim: 2 }).call(x, { cache })).toThrow("a cache is for causal attention");
  const documents = tensor(Int32Array.of(0, 0), { shape: [1, 2] });
  expect(() => make({ headDim: 2, causal: true }).call(x, { cache, documents })).toThrow("leave documents out");
});

test("gradients of input and weights, with grouped heads, rotary, window and documents", async () => {
  const documents = tensor(Int32Array.of(0, 0, 0, 1), { shape: [1, 4] });
  const layer = (x: Variable, q: Variable, k: Variable, v: Variable, o: Variable): Tensor => {
    const rotary = new RotaryEmbedding({ dim: 2, maxPositions: 4, pairs: "halves" });
    const options = { hiddenSize: 3, numHeads: 2, numKeyValueHeads: 1, headDim: 2, causal: true, window: 2, rotary };
    const attention = new MultiHeadAttention(options);
    attention.qProj.weight = q;
    attention.kProj.weight = k;
    attention.vProj.weight = v;
    attention.oProj.weight = o;
    return attention.call(x.read(), { documents });
  };
  const all = [
    [1, 4, 3],
    [4, 3],
    [2, 3],
    [2, 3],
    [3, 4],
  ].map((shape, seed) => normal64(seed, shape));
  await gradcheck(layer, await Promise.all(all));
});
