import { beforeEach, expect, it } from "vitest";
import {
  checkpoint,
  Device,
  full,
  grad,
  noGrad,
  parameter,
  realize,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
  variable,
  where,
} from "../index.ts";
import { AnomalyError, detectAnomaly } from "./index.ts";
import "../backends/reference/index.ts";

let device: Device;

beforeEach(() => {
  device = setDefaultDevice(new Device("reference"));
});

const failure = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

it("names the first op of the forward that makes a NaN or an infinity, its path and where it was built", async () => {
  const w = parameter(tensor([1, -1]), { name: "w" });
  const loss = detectAnomaly(() =>
    scope("model.norm", () => w.sqrt())
      .mul(2)
      .log()
      .sum(),
  );
  const error = await failure(loss.item());
  expect(error).toBeInstanceOf(AnomalyError);
  expect(String(error)).toMatch(/model\.norm:sqrt, shape \[2\] made NaN of finite values; it was built/);
  expect(String(error)).toContain("anomaly.test.ts");
});

it("names the node whose gradient it is", async () => {
  const w = parameter(tensor([0, 4]));
  const step = detectAnomaly(async () => {
    scope("model.head", () => w.sqrt())
      .sum()
      .backward();
    await realize();
  });
  const error = String(await failure(step));
  expect(error).toMatch(
    /model\.head:\w+, shape \[2\], in the gradient of model\.head:sqrt, made an infinity of finite/,
  );
  expect(error).toContain("anomaly.test.ts");
});

it("an infinity that becomes NaN later is named where it arose; one that was given is not", async () => {
  detectAnomaly(true);
  const x = variable(tensor([0, 1]));
  const made = x.log().mul(x).sum();
  const masked = where(tensor([true, false]), x, Number.NEGATIVE_INFINITY);
  const emptied = where(tensor([false, false]), x, Number.NEGATIVE_INFINITY).softmax();
  const [weights, scores, wrong] = [masked.softmax(), masked.add(1), made.add(1)];
  detectAnomaly(false);
  expect(await weights.array()).toEqual([1, 0]);
  expect(await scores.array()).toEqual([1, Number.NEGATIVE_INFINITY]);
  expect(String(await failure(wrong.item()))).toMatch(/log, shape \[2\] made an infinity of finite values/);
  expect(String(await failure(emptied.data()))).toMatch(/softmax, shape \[2\] made NaN of infinities/);
});

it("an infinity of the very node that is asked for is told, with and without a gradient", async () => {
  for (const x of [tensor([0]), parameter(tensor([0]))]) {
    const log = detectAnomaly(() => x.log());
    expect(String(await failure(log.array()))).toMatch(/log, shape \[1\] made an infinity of finite values/);
  }
  expect(await detectAnomaly(() => full([1], Number.POSITIVE_INFINITY)).array()).toEqual([Number.POSITIVE_INFINITY]);
});

it("what reaches no result is no anomaly", async () => {
  const x = variable(tensor([0, 2]));
  const safe = detectAnomaly(() => where(x.gt(0), x.log(), 0).sum());
  expect(await safe.item()).toBeCloseTo(Math.LN2);
});

it("a NaN that was there already is told by the name of its variable", async () => {
  const w = variable(tensor([Number.NaN]), { name: "weight" });
  expect(String(await failure(detectAnomaly(() => w.mul(2).exp()).data()))).toMatch(
    /NaN was given: "weight", shape \[1\]/,
  );
  expect(String(await failure(detectAnomaly(() => tensor([1]).mul(Number.NaN)).data()))).toMatch(
    /NaN was given: number/,
  );
});

it("in a checkpoint the first computation is named", async () => {
  const w = parameter(tensor([-1, 4]));
  const step = detectAnomaly(async () => {
    checkpoint(() => scope("block", () => w.sqrt().mul(2)))
      .sum()
      .backward();
    await realize();
  });
  expect(String(await failure(step))).toMatch(/block:sqrt, shape \[2\] made NaN of finite values/);
});

it("effects of the plan have happened, and the next plan runs", async () => {
  const w = variable(tensor([0]));
  detectAnomaly(() => w.assign(w.log()));
  await expect(realize()).rejects.toThrow(AnomalyError);
  expect(await w.item()).toBe(Number.NEGATIVE_INFINITY);
  w.assign(tensor([2]));
  expect(await w.item()).toBe(2);
});

it("is on until the promise of the function is settled, and costs nothing when off", async () => {
  const w = parameter(tensor([0.5]));
  const run = async (): Promise<number> => {
    const loss: Tensor = w.sqrt().sum();
    const [gradient] = grad(loss, [w]);
    await noGrad(() => gradient.sum()).item();
    return loss.item();
  };
  await run();
  const before = device.stats();
  await run();
  const plain = device.stats();
  expect(plain.plansCompiled).toBe(before.plansCompiled);
  await detectAnomaly(run);
  const watched = device.stats();
  expect(watched.nodes - plain.nodes).toBeGreaterThan(plain.nodes - before.nodes);
  await run();
  expect(device.stats().nodes - watched.nodes).toBe(plain.nodes - before.nodes);
  expect(() =>
    detectAnomaly(() => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(w.sqrt().node.watch).toBeUndefined();
});
