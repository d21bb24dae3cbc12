import { realize, stats, variable, zeros } from "@tsuki/core";
import { profiled } from "@tsuki/core/profile";
import type { Prepared } from "../protocol.ts";
import { median } from "../statistics.ts";
import type { OverheadWork } from "../workloads.ts";
import { openTraining, type Training } from "./training.ts";

/**
 * What a step costs besides its kernels. Facts, in seconds: `firstStep` and the `longestGap` of the event loop in it; `step`;
 * `build` (graph and gradients), `capture` (walk and key) and `dispatch` (of the run, what is in no kernel: binding, waking,
 * waiting, reading) in it; `smallOp`, an add of 1,000 values. And `plans` that are compiled by the step after a validation.
 */
export async function prepareOverhead({ training: work, steps }: OverheadWork): Promise<Prepared> {
  const training = await openTraining(work);
  const { seconds: firstStep, longestGap } = await watched(training.step);
  for (let warm = 0; warm < 5; warm++) await training.step();
  const parts = { ...(await partsOf(training, steps)), dispatch: await dispatchOf(training, steps) };
  await training.validate();
  const { plansCompiled } = stats();
  await training.step();
  const plans = stats().plansCompiled - plansCompiled;
  const facts = { firstStep, longestGap, ...parts, plans, smallOp: await smallOp() };
  return { facts, run: async () => void (await training.step()) };
}

/** Runs something while a timer notes how long the event loop has been blocked. */
async function watched(run: () => Promise<unknown>): Promise<{ seconds: number; longestGap: number }> {
  const began = performance.now();
  let [last, longest] = [began, 0];
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  await run();
  longest = Math.max(longest, performance.now() - last);
  clearInterval(timer);
  return { seconds: (performance.now() - began) / 1000, longestGap: longest / 1000 };
}

async function partsOf({ build }: Training, steps: number): Promise<Record<"step" | "build" | "capture", number>> {
  const times = { step: [] as number[], build: [] as number[], capture: [] as number[] };
  for (let done = 0; done < steps; done++) {
    const { captureMs } = stats();
    const began = performance.now();
    const loss = build();
    const built = performance.now();
    await loss.item();
    times.step.push(performance.now() - began);
    times.build.push(built - began);
    times.capture.push(stats().captureMs - captureMs);
  }
  const seconds = (milliseconds: readonly number[]): number => median(milliseconds) / 1000;
  return { step: seconds(times.step), build: seconds(times.build), capture: seconds(times.capture) };
}

async function dispatchOf({ step }: Training, steps: number): Promise<number> {
  const { plans } = await profiled(async () => {
    for (let done = 0; done < steps; done++) await step();
  });
  const outside = plans.map(({ ms, kernels }) => ms - kernels.reduce((sum, kernel) => sum + kernel.ms, 0));
  return outside.reduce((sum, ms) => sum + ms, 0) / steps / 1000;
}

/** Seconds of x + y for 1,000 values, from the call to the value's being there. */
async function smallOp(): Promise<number> {
  const [x, y] = [variable(zeros([1000])), variable(zeros([1000]))];
  const times: number[] = [];
  for (let call = 0; call < 2000; call++) {
    const began = performance.now();
    await realize(x.add(y));
    times.push(performance.now() - began);
  }
  return median(times.slice(500)) / 1000;
}
