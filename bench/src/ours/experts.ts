import { Generator, realize } from "@tsuki/core";
import { MoE } from "@tsuki/moe";
import type { Prepared } from "../protocol.ts";
import type { ExpertsWork } from "../workloads.ts";
import { randomVariable } from "./operands.ts";

/** Forward and backward pass of a mixture, whose gradients are stored. */
export async function prepareExperts({ config, tokens }: ExpertsWork): Promise<Prepared> {
  const mixture = new MoE(config, new Generator(1));
  const x = randomVariable([1, tokens, config.hiddenSize], 2);
  x.requiresGrad = true;
  await realize();
  return {
    run: () => {
      for (const parameter of [x, ...mixture.parameters()]) parameter.zeroGrad();
      mixture.call(x.read()).square().mean().backward();
      return realize();
    },
  };
}
