import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { Descent } from "../../test/mlp.ts";
import {
  ArgumentError,
  checkpoint,
  Device,
  Generator,
  grad,
  noGrad,
  ones,
  parameter,
  readAll,
  realize,
  setDefaultDevice,
  type Tensor,
  type TensorData,
  tensor,
  type Variable,
  variable,
  where,
  zeros,
} from "../index.ts";
import { callback } from "../tensor/host.ts";
import "../backends/reference/index.ts";

const width = 4;

function waves([rows, columns]: readonly number[], seed: number): Tensor {
  const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + 1.7 * i * seed));
  return tensor(values, { shape: [rows, columns] });
}

/** What a random program computes with: parameters (some used many times), and dropout. */
class Setting {
  readonly generator: Generator = new Generator(7);
  readonly weights: Variable[] = [1, 2, 3].map((seed) => parameter(waves([width, width], seed)));
  readonly x: Tensor = waves([3, width], 4);
}

type Move = (x: Tensor, first: Tensor, setting: Setting) => Tensor;

const moves: Record<string, Move> = {
  linear: (x, _f, { weights }) => x.matmul(weights[0]),
  gated: (x, _f, { weights }) => x.matmul(weights[1]).silu().mul(x.matmul(weights[2].transpose())),
  norm: (x) => x.mul(x.square().mean({ axis: -1, keepDim: true }).add(1e-3).rsqrt()),
  residual: (x, first) => x.add(first),
  scale: (x, _f, { weights }) => x.mul(weights[0].select(0, 1)),
  softmax: (x) => x.softmax(),
  dropout: (x, _f, { generator }) => where(generator.bernoulli(x.shape, 0.7), x.div(0.7), 0),
  stopped: (x) => x.add(x.detach().tanh()),
  largest: (x) => x.mul(x.topK(1).values),
};

/** Moves, some of them under a checkpoint. */
type Program = readonly (string | { readonly inner: Program })[];

const { program } = fc.letrec<{ program: Program; step: string | { inner: Program } }>((tie) => ({
  program: fc.array(tie("step"), { minLength: 1, maxLength: 4 }),
  step: fc.oneof(
    { maxDepth: 3, depthSize: "medium" },
    fc.constantFrom(...Object.keys(moves)),
    fc.record({ inner: tie("program") }),
  ),
}));

function run(program: Program, x: Tensor, first: Tensor, setting: Setting, cut: boolean): Tensor {
  return program.reduce<Tensor>((at, step) => {
    if (typeof step === "string") return moves[step](at, first, setting);
    const inner = (y: Tensor): Tensor => run(step.inner, y, first, setting, cut);
    return cut ? checkpoint(inner, at) : inner(at);
  }, x);
}

describe.each(["reference", "wasm"])("on %s", (name) => {
  let device: Device;
  const opened: Device[] = [];

  beforeEach(() => {
    device = setDefaultDevice(new Device(name, { threads: 2 }));
    opened.push(device);
  });

  afterAll(async () => {
    for (const d of opened) await d.close();
  });

  it("random programs with checkpoints at random cuts have the same gradients, bit for bit", async () => {
    const gradients = async (steps: Program, cut: boolean): Promise<unknown> => {
      const setting = new Setting();
      const start = setting.x.matmul(setting.weights[0]);
      const y = run(steps, start, start, setting, cut).square().mean();
      y.backward();
      const held = setting.weights.flatMap((w) => w.grad ?? []);
      return readAll(Object.fromEntries([...held, y].entries()));
    };
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        expect(await gradients(steps, true)).toEqual(await gradients(steps, false));
      }),
      { numRuns: name === "wasm" ? 5 : 25, seed: 11 },
    );
  });

  it.runIf(name === "reference")("so have gradients of gradients", async () => {
    const second = async (steps: Program, cut: boolean): Promise<Record<string, TensorData>> => {
      const setting = new Setting();
      const start = setting.x.matmul(setting.weights[0]);
      const y = run(steps, start, start, setting, cut).square().mean();
      const first = grad(y, setting.weights, { createGraph: true });
      const penalty = first.map((g) => g.square().sum()).reduce((a, b) => a.add(b));
      const gradients = penalty.requiresGrad ? grad(penalty, setting.weights) : [];
      return readAll(Object.fromEntries(gradients.entries()));
    };
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        const [cut, whole] = [await second(steps, true), await second(steps, false)];
        for (const [key, { data }] of Object.entries(whole)) {
          const other = cut[key].data;
          const scale = Math.max(1, ...Array.from(data, Math.abs));
          for (const [i, value] of data.entries()) expect(Math.abs(other[i] - value)).toBeLessThan(1e-4 * scale);
        }
      }),
      { numRuns: 6, seed: 12 },
    );
  });

  it("effects happen once, and random numbers are the same", async () => {
    const w = parameter(ones([200]));
    const count = variable(zeros([], { dtype: "int32" }));
    let calls = 0;
    const y = checkpoint(() => {
      const kept = new Generator(3).bernoulli([200], 0.5);
      count.assign(count.add(kept.cast("int32").sum()));
      callback([kept], () => calls++);
      return where(kept, w.mul(w), 0);
    });
    y.sum().backward();
    const [gradient, mask] = [w.grad as Variable, y.keep()];
    await realize();
    expect(Array.from(await gradient.data(), (g) => g / 2)).toEqual([...(await mask.data())]);
    expect(await count.item()).toBe(Array.from(await mask.data()).reduce((a, b) => a + b));
    expect(calls).toBe(1);
  });

  it("training steps compile as many plans as without, and nothing counts as computed twice", async () => {
    const setting = new Setting();
    const optimizer = new Descent(setting.weights);
    await realize();
    const before = device.stats();
    for (let i = 0; i < 4; i++) {
      const steps: Program = [{ inner: ["linear", "dropout", { inner: ["norm", "gated"] }] }, "residual"];
      const start = setting.x.matmul(setting.weights[0]);
      const loss = run(steps, start, start, setting, true).square().mean();
      loss.backward();
      await optimizer.step();
      expect(await loss.item()).toBeGreaterThan(0);
    }
    const after = device.stats();
    expect(after.plansCompiled - before.plansCompiled).toBe(1);
    expect(after.recomputedNodes).toBe(before.recomputedNodes);
  });

  it("a loss that is read first is not in the way", async () => {
    const setting = new Setting();
    const y = checkpoint((x: Tensor) => moves.gated(x, x, setting), setting.x)
      .square()
      .mean();
    await y.item();
    y.backward();
    const read = await setting.weights[1].grad?.data();
    const other = new Setting();
    moves.gated(other.x, other.x, other).square().mean().backward();
    expect(read).toEqual(await other.weights[1].grad?.data());
  });

  it("several results, some of them inputs or no floats", async () => {
    const w = parameter(ones([2, 3]));
    const [same, indices, double] = checkpoint((x: Tensor) => [x, x.argmax({ axis: 1 }), x.mul(2)], w.mul(3));
    expect(indices.dtype).toBe("int32");
    same.mul(5).add(double).sum().backward();
    expect(await w.grad?.array()).toEqual([
      [21, 21, 21],
      [21, 21, 21],
    ]);
    expect(await indices.array()).toEqual([0, 0]);
  });

  it("a value that leaves the segment by another way has its gradient too, and may be there already", async () => {
    const gradientOf = async (cut: boolean, realized: boolean): Promise<unknown> => {
      const w = parameter(waves([3, width], 2));
      let penalty: Tensor | undefined;
      const segment = (): Tensor => {
        const hidden = w.sin();
        penalty = hidden.square().sum();
        return hidden.mul(hidden.keep().exp());
      };
      const y = cut ? checkpoint(segment) : segment();
      if (realized) await realize();
      y.sum()
        .add(penalty as Tensor)
        .backward();
      return w.grad?.data();
    };
    const [plain, ...others] = await Promise.all([
      gradientOf(false, false),
      gradientOf(true, false),
      gradientOf(true, true),
    ]);
    for (const other of others) {
      for (const [i, value] of (plain as Float32Array).entries())
        expect((other as Float32Array)[i]).toBeCloseTo(value, 5);
    }
  });

  it("the gradient of a value that left the segment otherwise is refused, not given in part", async () => {
    const w = parameter(ones([2]));
    const build = (hooked: boolean): { y: Tensor; inside: Tensor } => {
      let inside = zeros([]);
      const y = checkpoint((x: Tensor) => {
        inside = x.mul(2);
        if (hooked) inside.registerHook((gradient) => gradient.mul(10));
        return checkpoint((z: Tensor) => z.square(), inside);
      }, w.read());
      return { y: y.sum(), inside };
    };
    const free = build(false);
    expect(() => grad(free.y, [free.inside])).toThrow(/checkpoint: mul was made by the function/);
    expect(await grad(free.inside.sum(), [free.inside])[0].array()).toEqual([1, 1]);
    const hooked = build(true);
    expect(() => hooked.y.add(hooked.inside.sum()).backward()).toThrow(ArgumentError);
    expect(w.grad).toBeNull();
    hooked.y.backward();
    expect(await w.grad?.array()).toEqual([80, 80]);
  });

  it("a variable is a result too", async () => {
    const w = parameter(ones([2]));
    const [same, twice] = checkpoint(() => [w as unknown as Tensor, w.mul(2)]);
    same.add(twice).sum().backward();
    expect(await w.grad?.array()).toEqual([3, 3]);
    expect(noGrad(() => checkpoint(() => w as unknown as Tensor))).toBe(w.read());
  });

  it("without gradients it is the function itself", async () => {
    const w = parameter(ones([2]));
    expect(noGrad(() => checkpoint(() => w.mul(2))).node.op.name).toBe("mul");
    expect(() => checkpoint((() => 1) as unknown as () => Tensor)).toThrow(ArgumentError);
  });
});

describe("memory", () => {
  /** Bytes of the arena of a training step of a deep stack of blocks, `every` blocks under one checkpoint; 0: none. */
  async function arenaBytes(
    block: (x: Tensor, weights: readonly Variable[]) => Tensor,
    every: number,
  ): Promise<number> {
    const device = setDefaultDevice(new Device("reference"));
    const generator = new Generator(1);
    const blocks = Array.from({ length: 9 }, () => [0, 1].map(() => parameter(generator.normal([8, 8], { std: 0.3 }))));
    const optimizer = new Descent(blocks.flat());
    await realize();
    let x = generator.normal([64, 8]);
    const segment = (y: Tensor, from: number, to: number): Tensor => blocks.slice(from, to).reduce(block, y);
    if (every === 0) x = segment(x, 0, blocks.length);
    else for (let i = 0; i < blocks.length; i += every) x = checkpoint(segment, x, i, i + every);
    x.square().mean().backward();
    await optimizer.step();
    return device.stats().arenaBytes;
  }

  type Block = (x: Tensor, weights: readonly Variable[]) => Tensor;
  const stacks: { name: string; block: Block }[] = [
    { name: "perceptron", block: (x, [a, b]) => x.add(x.matmul(a).silu().matmul(b)) },
    { name: "normalized", block: (x, [a, b]) => x.add(moves.norm(x, x, new Setting()).matmul(a).silu().matmul(b)) },
    // The first map of the segment needs nothing but what is there since the forward.
    { name: "activation first", block: (x, [a, b]) => x.add(x.tanh().exp().matmul(a).silu().matmul(b)) },
  ];

  it.each(stacks)("of a deep stack falls below 45 %: $name", async ({ block }) => {
    const whole = await arenaBytes(block, 0);
    expect((await arenaBytes(block, 1)) / whole).toBeLessThan(0.45);
    expect((await arenaBytes(block, 3)) / whole).toBeLessThan(0.45);
  });
});
