import { profiled } from "@tsuki/core/profile";
import { steps, train } from "../../training.ts";

/** What the page found, for the test that opened it. */
export interface Found {
  readonly losses: readonly number[];
  readonly threads: number;
}

const found = async (): Promise<Found> => {
  let losses: readonly number[] = [];
  const { plans } = await profiled(async () => {
    losses = (await train(steps, { deterministic: true })).losses;
  });
  return { losses, threads: Math.max(...plans.map((plan) => plan.threads)) };
};

Object.assign(globalThis, { found: found() });
