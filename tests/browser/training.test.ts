import { describe, expect, inject, it } from "vitest";
import { steps, train } from "./training.ts";

/** Where multiply-adds round twice, every machine and engine has these bits. */
const last = 1.7292076349258423;

describe("a small Moonlight with Muon", () => {
  const node = inject("inNode");

  it("learns", async () => {
    const { losses } = await train(steps, { deterministic: false });
    expect(losses[0]).toBeCloseTo(Math.log(128), 1);
    expect(losses[steps - 1]).toBeLessThan(losses[0] - 2);
  });

  it("has the bits of the training in Node", async () => {
    expect(await train(steps, { deterministic: true })).toEqual(node.deterministic);
    expect(node.deterministic.losses[steps - 1]).toBe(last);
    const fast = await train(steps, { deterministic: false });
    // An engine without a fused multiply-add rounds otherwise, and says so.
    if (fast.contracted === node.fast.contracted) expect(fast).toEqual(node.fast);
    else expect(fast.losses[0]).toBeCloseTo(node.fast.losses[0], 4);
  });
});
