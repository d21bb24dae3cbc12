/** The rules of the semantics, one test or more for each: what a user may rely on. */

import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { explain } from "../src/device/explain.ts";
import {
  arange,
  type Device,
  DeviceError,
  full,
  Generator,
  grad,
  noGrad,
  PoisonedError,
  parameter,
  readAll,
  realize,
  ScopeError,
  StaleTensorError,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
  variable,
  withDefaultDtype,
} from "../src/index.ts";
import { callback, hostCall } from "../src/tensor/host.ts";
import "../src/backends/reference/index.ts";
import { batch, Descent, Mlp } from "./mlp.ts";

const steps = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe.each(["reference", "wasm"])("on %s", (name) => {
  let device: Device;
  const opened: Device[] = [];

  beforeEach(() => {
    device = setDefaultDevice(name, { threads: 2 });
    opened.push(device);
    vi.spyOn(console, "warn").mockImplementation(() => {});
  });

  afterAll(async () => {
    for (const d of opened) await d.close();
  });

  describe("1: tensors are values, variables are places", () => {
    it("a read is the version at the time of reading", async () => {
      const w = variable(tensor([1, 2]));
      const before = w.add(0);
      w.assign(w.mul(10));
      const after = w.add(0);
      await realize(before, after);
      expect(await before.array()).toEqual([1, 2]);
      expect(await after.array()).toEqual([10, 20]);
    });

    it("two variables exchange their values in one plan", async () => {
      const [a, b] = [variable(tensor([1])), variable(tensor([2]))];
      const [oldA, oldB] = [a.read(), b.read()];
      a.assign(oldB);
      b.assign(oldA);
      await realize();
      expect([await a.item(), await b.item()]).toEqual([2, 1]);
    });

    it("a variable written many times before a plan runs ends at the last version", async () => {
      const w = variable(tensor([0]));
      for (const i of steps(5)) w.assign(w.mul(2).add(i));
      expect(await w.item()).toBe(((0 * 2 + 1) * 2 + 2) * 2 * 2 + 3 * 2 + 4);
    });
  });

  describe("2: what is pending is named, and nothing is computed twice", () => {
    it("backward, step, read the loss: one plan a step", async () => {
      const model = new Mlp(1);
      const optimizer = new Descent(model.parameters);
      await realize();
      const before = device.stats();
      for (const i of steps(4)) {
        const loss = model.loss(batch(i));
        loss.backward();
        await optimizer.step();
        expect(await loss.item()).toBeGreaterThan(0);
      }
      const after = device.stats();
      expect(after.plansRun - before.plansRun).toBe(4);
      expect(after.plansCompiled - before.plansCompiled).toBe(1);
      expect(after.recomputedNodes).toBe(before.recomputedNodes);
    });

    it("backward, read the loss, step: two plans a step and nothing twice", async () => {
      const model = new Mlp(1);
      const optimizer = new Descent(model.parameters);
      await realize();
      const before = device.stats();
      for (const i of steps(4)) {
        const loss = model.loss(batch(i));
        loss.backward();
        await loss.item();
        await optimizer.step();
      }
      const after = device.stats();
      expect(after.plansRun - before.plansRun).toBe(8);
      expect(after.plansCompiled - before.plansCompiled).toBe(2);
      expect(after.recomputedNodes).toBe(before.recomputedNodes);
    });

    it("a loss read before backward is computed again, which is counted and said once", async () => {
      const model = new Mlp(1);
      const optimizer = new Descent(model.parameters);
      await realize();
      const warn = vi.mocked(console.warn);
      warn.mockClear();
      const losses = [];
      for (const i of steps(3)) {
        const loss = model.loss(batch(i));
        losses.push(await loss.item());
        loss.backward();
        await optimizer.step();
      }
      expect(device.stats().recomputedNodes).toBeGreaterThan(0);
      expect(warn.mock.calls.filter(([text]) => String(text).includes("a second time"))).toHaveLength(1);
      const other = new Mlp(1);
      const plain = new Descent(other.parameters);
      for (const i of steps(3)) {
        const loss = other.loss(batch(i));
        loss.backward();
        await plain.step();
        expect(await loss.item()).toBe(losses[i]);
      }
    });

    it("the same bits with and without reading the loss in each step", async () => {
      const run = async (read: boolean): Promise<unknown> => {
        const model = new Mlp(2);
        const optimizer = new Descent(model.parameters);
        for (const i of steps(5)) {
          const loss = model.loss(batch(i));
          loss.backward();
          if (read) await loss.item();
          await optimizer.step();
        }
        return model.hidden.array();
      };
      expect(await run(true)).toEqual(await run(false));
    });

    it("values that are kept are read after the step without computing anything again", async () => {
      const model = new Mlp(3);
      const optimizer = new Descent(model.parameters);
      const { x, y } = batch(0);
      const prediction = model.forward(x);
      const error = prediction.sub(y).abs().max().keep();
      prediction.sub(y).square().mean().backward();
      const norm = model.hidden.grad?.square().sum().sqrt().keep();
      await optimizer.step();
      expect(await error.item()).toBeGreaterThan(0);
      expect(await norm?.item()).toBeGreaterThan(0);
      expect(device.stats().recomputedNodes).toBe(0);
    });

    it("two models that share nothing run as two plans, interleaved", async () => {
      const alone = async (seed: number): Promise<unknown> => {
        const model = new Mlp(seed);
        const optimizer = new Descent(model.parameters);
        for (const i of steps(3)) {
          model.loss(batch(i)).backward();
          await optimizer.step();
        }
        return model.hidden.array();
      };
      const expected = [await alone(4), await alone(5)];
      const [a, b] = [new Mlp(4), new Mlp(5)];
      const [forA, forB] = [new Descent(a.parameters), new Descent(b.parameters)];
      await realize();
      const before = device.stats();
      for (const i of steps(3)) {
        a.loss(batch(i)).backward();
        b.loss(batch(i)).backward();
        forA.update();
        forB.update();
        await realize();
      }
      const after = device.stats();
      expect([await a.hidden.array(), await b.hidden.array()]).toEqual(expected);
      expect(after.recomputedNodes).toBe(before.recomputedNodes);
    });

    it("models of one architecture share a plan", async () => {
      const models = [new Mlp(6), new Mlp(7), new Mlp(8)];
      await realize();
      const before = device.stats();
      for (const model of models) await model.loss(batch(0)).item();
      const after = device.stats();
      expect(after.plansCompiled - before.plansCompiled).toBe(1);
      expect(after.plansRun - before.plansRun).toBe(3);
    });

    it("a forward that is abandoned costs nothing", async () => {
      const model = new Mlp(9);
      await realize();
      const before = device.stats();
      for (const i of steps(10)) model.loss(batch(i));
      await realize();
      expect(device.stats().plansRun).toBe(before.plansRun);
    });

    it("an exception between backward and step leaves the gradients pending", async () => {
      const model = new Mlp(10);
      const optimizer = new Descent(model.parameters);
      model.loss(batch(0)).backward();
      expect(() => model.hidden.matmul(tensor([[1]]))).toThrow(/matmul: \[8,4\] × \[1,1\]/);
      await optimizer.step();
      expect(await model.loss(batch(0)).item()).toBeGreaterThan(0);
    });

    it("a step that nobody awaits runs all the same, in order", async () => {
      const model = new Mlp(11);
      const optimizer = new Descent(model.parameters);
      const losses = steps(4).map((i) => {
        const loss = model.loss(batch(i));
        loss.backward();
        void optimizer.step();
        return loss;
      });
      const values = await Promise.all(losses.map((loss) => loss.item()));
      const other = new Mlp(11);
      const awaited = new Descent(other.parameters);
      for (const i of steps(4)) {
        const loss = other.loss(batch(i));
        loss.backward();
        await awaited.step();
        expect(await loss.item()).toBe(values[i]);
      }
    });

    it("a validation in between compiles nothing new after its first time", async () => {
      const model = new Mlp(12);
      const optimizer = new Descent(model.parameters);
      const train = async (i: number): Promise<void> => {
        model.loss(batch(i)).backward();
        await optimizer.step();
      };
      const validate = (i: number): Promise<number> => noGrad(() => model.loss(batch(i, 10))).item();
      await train(0);
      await validate(0);
      const before = device.stats();
      for (const i of steps(5)) {
        await train(i);
        await validate(i);
      }
      expect(device.stats().plansCompiled).toBe(before.plansCompiled);
    });

    it("host steps run in the middle of a plan, in the order of their creation", async () => {
      const w = variable(tensor([1, 2, 3]));
      await realize();
      const before = device.stats();
      const seen: number[][] = [];
      const doubled = w.mul(2);
      callback([doubled], ([values]) => {
        seen.push([...values]);
      });
      const [reversed] = hostCall([doubled], [{ shape: [3], dtype: "float32" }], ([values]) => [values.reverse()]);
      w.assign(reversed.add(0.5));
      callback([w], async ([values]) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push([...values]);
      });
      await realize();
      expect(seen).toEqual([
        [2, 4, 6],
        [6.5, 4.5, 2.5],
      ]);
      expect(await w.array()).toEqual([6.5, 4.5, 2.5]);
      expect(device.stats().recomputedNodes).toBe(before.recomputedNodes);
    });

    it("a host step runs once, whatever reads its results and when", async () => {
      let calls = 0;
      const w = parameter(tensor([2, 3]));
      const [factor] = hostCall([], [{ shape: [2], dtype: "float32" }], () => [Float32Array.of(++calls, calls)]);
      w.mul(factor).sum().backward();
      w.mul(factor).square().sum().backward();
      const copy = variable(factor);
      await realize();
      expect(await factor.array()).toEqual([1, 1]);
      expect(await copy.array()).toEqual([1, 1]);
      expect(await w.grad?.array()).toEqual([5, 7]);
      expect(calls).toBe(1);
      callback([], () => calls++);
      await realize();
      expect(calls).toBe(2);
    });

    it("results of a host step have the dtype and the size that were said", async () => {
      const [wrong] = hostCall([], [{ shape: [2], dtype: "float32" }], () => [Int32Array.of(1, 2)]);
      await expect(wrong.data()).rejects.toThrow(/result 0 is Int32Array of 2 elements, not float32 of \[2\]/);
      const [truth] = hostCall([], [{ shape: [2], dtype: "bool" }], () => [Uint8Array.of(7, 0)]);
      expect(await truth.array()).toEqual([true, false]);
    });

    it("initial values may follow from each other and from what is pending", async () => {
      const w = variable(tensor([1]));
      w.assign(w.add(1));
      const a = variable(w.mul(2));
      const b = variable(a.mul(3));
      expect(await b.item()).toBe(12);
    });

    it("constants are one expression in any shape", async () => {
      const a = full([2, 3], 2);
      const x = a.matmul(tensor([[1], [1], [1]]));
      const y = a.transpose().matmul(tensor([[1], [1]]));
      await realize(x, y);
      expect([await x.array(), await y.array()]).toEqual([
        [[6], [6]],
        [[4], [4], [4]],
      ]);
    });

    it("sums that end in an assignment are plans of their own", async () => {
      const [v, w] = [variable(tensor([1])), variable(tensor(new Float32Array(70).fill(1)))];
      await realize();
      v.assign(w.sum().mul(0.5).reshape([1]));
      expect(await v.item()).toBe(35);
    });

    it("asynchronous functions are refused as scopes", () => {
      expect(() => noGrad(async () => {})).toThrow(ScopeError);
      expect(() => withDefaultDtype("float64", async () => {})).toThrow(ScopeError);
      expect(tensor([1]).requiresGrad).toBe(false);
      expect(parameter(tensor([1])).mul(2).requiresGrad).toBe(true);
    });
  });

  describe("3: stale values are errors, not mixtures", () => {
    it("a tensor built on an overwritten version names itself, the variable and the remedy", async () => {
      const w = variable(tensor([1, 2]), { name: "w" });
      const doubled = w.mul(2);
      w.assign(w.add(1));
      await realize();
      const error = await doubled.data().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(StaleTensorError);
      expect(String(error)).toMatch(/mul, shape \[2\].*"w".*keep\(\)/s);
    });

    it("a stale request takes nothing: what was pending still runs", async () => {
      const w = variable(tensor([1]));
      const old = w.mul(2);
      w.assign(tensor([5]));
      await realize();
      w.assign(w.add(1));
      await expect(old.item()).rejects.toThrow(StaleTensorError);
      expect(await w.item()).toBe(6);
    });

    it("a stale value is no initial value either", async () => {
      const w = variable(tensor([1]));
      await realize();
      const old = w.mul(10);
      w.assign(tensor([5]));
      await realize();
      variable(old);
      await expect(realize()).rejects.toThrow(StaleTensorError);
      expect(await w.item()).toBe(5);
    });

    it("an effect that a stale value makes impossible is given up once, and poisons what it would have written", async () => {
      const [v, w] = [variable(tensor([1]), { name: "v" }), variable(tensor([2]))];
      await realize();
      const old = w.mul(10);
      w.assign(tensor([5]));
      await realize();
      v.assign(old);
      w.assign(w.add(1));
      await expect(realize()).rejects.toThrow(StaleTensorError);
      expect(await w.item()).toBe(6);
      await expect(v.item()).rejects.toThrow(PoisonedError);
      v.assign(tensor([3]));
      expect(await v.item()).toBe(3);
    });

    it("a backward sends nothing off that the next loss still reads the old version of", async () => {
      const [w, u] = [parameter(tensor([2])), variable(tensor([1]))];
      const loss = (): Tensor => {
        const l = w.mul(u).sum();
        u.assign(u.mul(0.5));
        return l;
      };
      const losses = [loss(), loss(), loss()];
      for (const l of losses) l.backward();
      expect(await w.grad?.item()).toBe(1.75);
    });

    it("a detached read is a value of its version", async () => {
      const w = variable(tensor([3]));
      const copy = w.detach().keep();
      w.assign(w.mul(2));
      await realize();
      expect([await copy.item(), await w.item()]).toEqual([3, 6]);
    });

    it("a gradient that was consumed is a stale error with the remedy", async () => {
      const model = new Mlp(13);
      model.loss(batch(0)).backward();
      const gradient = model.hidden.grad;
      await new Descent(model.parameters).step();
      expect(model.hidden.grad).toBeNull();
      expect(() => gradient?.read()).toThrow(/retainGradients/);
    });

    it("a plan that fails poisons what it would have written, and a whole assignment heals it", async () => {
      const w = variable(tensor([1, 2, 3]), { name: "w" });
      const index = variable(tensor(Int32Array.of(1)));
      await realize();
      w.assign(w.take(index.add(7)).expand([3]));
      await expect(realize()).rejects.toThrow(/take: a computed index is out of range \[0, 3\)/);
      const error = await w.data().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(PoisonedError);
      expect(String(error)).toMatch(/"w"/);
      w.assign(tensor([4, 5, 6]));
      expect(await w.array()).toEqual([4, 5, 6]);
    });

    it("the error of a plan that nobody awaits comes with the next await on the device", async () => {
      const w = variable(tensor([1, 2, 3]));
      const index = variable(tensor(Int32Array.of(1)));
      await realize();
      w.assign(w.take(index.add(7)).expand([3]));
      void realize();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await expect(realize()).rejects.toThrow(/out of range/);
      await realize();
    });
  });

  describe("3: errors that nobody awaits", () => {
    const failing = async (): Promise<Tensor> => {
      const index = variable(tensor(Int32Array.of(7)));
      await realize();
      return tensor([1, 2, 3]).take(index.add(0));
    };
    const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

    it("an un-awaited read ends no process: its error comes with the next await", async () => {
      void (await failing()).data();
      await settled();
      await expect(realize()).rejects.toThrow(/out of range/);
      await realize();
    });

    it("of several, each comes with an await of its own", async () => {
      const [first, second] = [await failing(), await failing()];
      void realize(first);
      void realize(second);
      await settled();
      await expect(realize()).rejects.toThrow(/out of range/);
      await expect(realize()).rejects.toThrow(/out of range/);
      await realize();
    });
  });

  describe("4: numbers are data, structure is structure", () => {
    it("a start is data also in arange", async () => {
      const before = device.stats().plansCompiled;
      for (const start of [0, 2, 5])
        expect(await arange(start, start + 3).array()).toEqual([start, start + 1, start + 2]);
      expect(device.stats().plansCompiled - before).toBe(1);
    });

    it("a learning rate of 0, of 1 and any other share one plan", async () => {
      const model = new Mlp(14);
      const optimizer = new Descent(model.parameters);
      const start = await model.hidden.array();
      const before = device.stats();
      for (const [i, lr] of [0, 0.1, 1, 0.05, 0].entries()) {
        optimizer.lr = lr;
        model.loss(batch(i)).backward();
        await optimizer.step();
        if (i === 0) expect(await model.hidden.array()).toEqual(start);
      }
      expect(device.stats().plansCompiled - before.plansCompiled).toBe(1);
    });

    it("two hundred steps with a cosine schedule, clipping, dropout and validation compile a handful of plans", async () => {
      const model = new Mlp(15);
      const optimizer = new Descent(model.parameters);
      const random = new Generator(1);
      const train = async (i: number): Promise<void> => {
        const { x, y } = batch(i);
        const dropped = x.mul(random.bernoulli(x.shape, 0.9).cast("float32")).mul(1 / 0.9);
        model.forward(dropped).sub(y).square().mean().backward();
        noGrad(() => {
          const total = model.parameters.map((p) => (p.grad ?? p).square().sum()).reduce((a, b) => a.add(b));
          const scale = total
            .sqrt()
            .add(1e-6)
            .reciprocal()
            .mul(1 + i / 200)
            .clamp({ max: 1 });
          for (const p of model.parameters) p.grad?.assign(p.grad.mul(scale));
        });
        optimizer.lr = 0.05 * (1 + Math.cos((Math.PI * i) / 200));
        await optimizer.step();
      };
      for (const i of steps(2)) {
        await train(i);
        await noGrad(() => model.loss(batch(i))).item();
      }
      const before = device.stats();
      expect(before.plansCompiled).toBeLessThanOrEqual(5);
      for (const i of steps(200)) {
        await train(i + 2);
        if (i % 20 === 0) await noGrad(() => model.loss(batch(i))).item();
      }
      expect(device.stats().plansCompiled).toBe(before.plansCompiled);
    });

    it("a run-time start is data", async () => {
      const w = variable(arange(10));
      await realize();
      const before = device.stats();
      for (const start of [0, 3, 7]) expect(await w.narrow(0, start, 3).array()).toEqual([start, start + 1, start + 2]);
      expect(device.stats().plansCompiled - before.plansCompiled).toBe(1);
    });

    it("explain() shows the plans and why each was compiled", async () => {
      const w = variable(tensor([1, 2]));
      await w.mul(2).data();
      await w.mul(2).sum().data();
      const text = explain(device);
      expect(text).toMatch(/^plan \d+: 1 kernels/m);
      expect(text).toMatch(/compiled because: it parts from plan \d+ at node \d+ \(.*\), where that has/);
    });
  });

  describe("6 to 8: memory and the event loop", () => {
    it("live and arena bytes are equal at steps 20 and 1,000", async () => {
      const model = new Mlp(16);
      const optimizer = new Descent(model.parameters);
      const train = async (i: number): Promise<void> => {
        const loss = model.loss(batch(i));
        loss.backward();
        await optimizer.step();
        if (i % 10 === 0) await loss.item();
      };
      for (const i of steps(20)) await train(i);
      const early = device.stats();
      for (const i of steps(980)) await train(i + 20);
      const late = device.stats();
      expect(late.liveBytes).toBe(early.liveBytes);
      expect(late.arenaBytes).toBe(early.arenaBytes);
      expect(late.plansCompiled).toBe(early.plansCompiled);
    });

    it("timers and signals are served during training", async () => {
      const model = new Mlp(17);
      const optimizer = new Descent(model.parameters);
      let ticks = 0;
      let signals = 0;
      const timer = setInterval(() => ticks++, 1);
      const listener = (): number => signals++;
      process.on("SIGUSR2", listener);
      for (const i of steps(200)) {
        if (i === 20) process.kill(process.pid, "SIGUSR2");
        model.loss(batch(i)).backward();
        await optimizer.step();
      }
      clearInterval(timer);
      process.off("SIGUSR2", listener);
      expect(ticks).toBeGreaterThan(1);
      expect(signals).toBe(1);
    });

    it("reading variables runs no plan, and changes none", async () => {
      const model = new Mlp(19);
      const optimizer = new Descent(model.parameters);
      const train = async (i: number): Promise<void> => {
        model.loss(batch(i)).backward();
        await optimizer.step();
      };
      await train(0);
      const before = device.stats();
      const reads = readAll({ hidden: model.hidden, output: model.output });
      await train(1);
      await model.hidden.read().data();
      await train(2);
      const after = device.stats();
      expect(after.plansRun - before.plansRun).toBe(2);
      expect(after.plansCompiled).toBe(before.plansCompiled);
      const other = new Mlp(19);
      const again = new Descent(other.parameters);
      other.loss(batch(0)).backward();
      await again.step();
      expect((await reads).hidden.data).toEqual(await other.hidden.data());
    });

    it("awaits that run no plan let timers run too", async () => {
      const w = variable(tensor([1]));
      await realize();
      let ticks = 0;
      const timer = setInterval(() => ticks++, 0);
      for (let i = 0; i < 5000 && ticks < 3; i++) await w.item();
      const afterReads = ticks;
      for (let i = 0; i < 5000 && ticks < afterReads + 3; i++) await realize();
      clearInterval(timer);
      expect(afterReads).toBeGreaterThanOrEqual(3);
      expect(ticks).toBeGreaterThan(afterReads);
    });

    it("what was built on a variable is computed although it is disposed of", async () => {
      const [v, w] = [variable(tensor([0])), variable(tensor([4]))];
      await realize();
      v.assign(w.mul(2));
      w.dispose();
      expect(await v.item()).toBe(8);
    });

    it("dispose() gives the memory back", async () => {
      const w = variable(tensor(new Float32Array(1000)));
      await realize();
      const before = device.stats().liveBytes;
      w.dispose();
      await realize();
      expect(before - device.stats().liveBytes).toBeGreaterThanOrEqual(4000);
      expect(() => w.read()).toThrow(StaleTensorError);
    });
  });

  describe("9: gradients", () => {
    it("four micro-batches accumulate without an await, in three plans", async () => {
      const model = new Mlp(18);
      const optimizer = new Descent(model.parameters);
      await realize();
      const before = device.stats();
      for (const round of steps(3)) {
        for (const i of steps(4))
          model
            .loss(batch(4 * round + i))
            .div(4)
            .backward();
        await optimizer.step();
      }
      const after = device.stats();
      expect(after.plansCompiled - before.plansCompiled).toBe(3);
      expect(after.plansRun - before.plansRun).toBe(12);
      expect(after.recomputedNodes).toBe(before.recomputedNodes);

      const other = new Mlp(18);
      const together = new Descent(other.parameters);
      for (const round of steps(3)) {
        const losses = steps(4).map((i) => other.loss(batch(4 * round + i)).div(4));
        losses.reduce((a, b) => a.add(b)).backward();
        await together.step();
      }
      const [a, b] = [await model.hidden.data(), await other.hidden.data()];
      for (const i of steps(a.length)) expect(a[i]).toBeCloseTo(b[i], 5);
    });

    it("a gradient stays until it is consumed, and backward adds to it", async () => {
      const w = parameter(tensor([2]));
      w.mul(3).sum().backward();
      expect(await w.grad?.item()).toBe(3);
      w.square().sum().backward();
      expect(await w.grad?.item()).toBe(7);
      w.zeroGrad();
      expect(w.grad).toBeNull();
    });

    it("gradients of gradients", async () => {
      const w = parameter(tensor([2, 3]));
      const [first] = grad(w.pow(3).sum(), [w], { createGraph: true });
      const [second] = grad(first.sum(), [w]);
      expect(await first.array()).toEqual([12, 27]);
      expect(await second.array()).toEqual([12, 18]);
    });

    it("grad() takes a variable by the version that was read, and refuses what has no gradient", async () => {
      const w = parameter(tensor([2]));
      const y = w.square().mul(tensor([1, 1]));
      w.assign(w.add(1));
      const [gradient] = grad(y, [w], { gradOutputs: tensor([1, 10]) });
      expect(await gradient.array()).toEqual([44]);
      expect(() => grad(y.sum(), [tensor([5])])).toThrow(/grad: input 0 \(shape \[1\]\) requires no gradient/);
      expect(() => grad(y, [w])).toThrow(/grad: the output has shape \[2\]/);
      expect(() => grad(y, [w], { gradOutputs: tensor([1]) })).toThrow(/not of \[1\]/);
    });

    it("noGrad and detach stop gradients", async () => {
      const w = parameter(tensor([2]));
      expect(noGrad(() => w.mul(2)).requiresGrad).toBe(false);
      w.mul(w.detach()).sum().backward();
      expect(await w.grad?.item()).toBe(2);
    });
  });

  describe("11: bits", () => {
    it("random numbers follow the seed and the order of building, not the cutting into plans", async () => {
      const draw = async (together: boolean): Promise<unknown> => {
        const random = new Generator(7);
        const [a, b] = [random.normal([5]), random.uniform([4])];
        if (together) await realize(a, b);
        return [await b.array(), await a.array()];
      };
      expect(await draw(true)).toEqual(await draw(false));
    });

    it("a generator is restored from its state", async () => {
      const random = new Generator(123456789012);
      random.uniform([3]);
      const state = random.state();
      const expected = await random.uniform([3]).array();
      const other = new Generator(0);
      other.restore(state);
      expect(await other.uniform([3]).array()).toEqual(expected);
    });
  });

  describe("12 and 13: errors and devices", () => {
    it("mixing devices is an error at the call", async () => {
      const here = variable(tensor([1]));
      await realize();
      const other = setDefaultDevice("reference");
      opened.push(other);
      const there = variable(tensor([1]));
      expect(() => here.add(there)).toThrow(DeviceError);
      setDefaultDevice(device);
      const made = tensor([1]).add(1);
      await realize(made);
      expect(() => there.add(made)).toThrow(DeviceError);
    });

    it("an error at the call names the module path", () => {
      const x = tensor([[1, 2]]);
      expect(() => scope("model", () => scope("layers.1", () => x.matmul(x)))).toThrow(/^model\.layers\.1: matmul: /);
    });

    it("host indices are checked before anything runs", () => {
      const table = variable(tensor([[1], [2]]));
      expect(() => table.take(tensor(Int32Array.of(0, 5)))).toThrow(/index 5 .* outside \[0, 2\)/);
    });
  });
});
