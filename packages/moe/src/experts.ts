import { type Generator, groupBy, groupedMatmul, parameter, type Tensor, type Variable } from "@tsuki/core";
import { init, Module, stackedParameter } from "@tsuki/nn";
import type { MoonlightConfig } from "./config.ts";
import type { Routing } from "./routing.ts";

// N tokens, D hidden, E routed experts, K experts per token, I width of an expert

/**
 * The routed experts, each a SwiGLU, with their weights stacked:
 *
 *     yₙ = Σₖ wₙₖ · Expert_{iₙₖ}(xₙ)        Expert(x) = down( silu(gate(x)) ⊙ up(x) )
 *
 * All N·K rows are sorted by expert and multiplied group by group: no token is dropped, an expert without tokens costs
 * nothing, and no shape depends on the choices, so that the host takes no part. Checkpoints hold one matrix per expert:
 * `experts.0.gate_proj.weight`.
 */
export class RoutedExperts extends Module<[x: Tensor, routing: Routing], Tensor> {
  /** [E, I, D] */
  readonly gateProj: Variable;
  /** [E, I, D] */
  readonly upProj: Variable;
  /** [E, D, I] */
  readonly downProj: Variable;

  constructor(config: MoonlightConfig, generator?: Generator) {
    super();
    const { numRoutedExperts: experts, hiddenSize, moeIntermediateSize, initializerRange } = config;
    const stacked = (name: string, out: number, into: number): Variable =>
      stackedParameter(
        parameter(init.normal({ std: initializerRange })([experts, out, into], generator)),
        (expert) => `${expert}.${name}.weight`,
      );
    this.gateProj = stacked("gate_proj", moeIntermediateSize, hiddenSize);
    this.upProj = stacked("up_proj", moeIntermediateSize, hiddenSize);
    this.downProj = stacked("down_proj", hiddenSize, moeIntermediateSize);
  }

  /** @param x [N, D] → [N, D] */
  forward(x: Tensor, { indices, weights }: Routing): Tensor {
    const [tokens, choices] = indices.shape;
    const slots = tokens * choices;
    const { permutation, offsets } = groupBy(indices.reshape([slots]), this.gateProj.shape[0]);
    const token = permutation.floorDivide(choices);
    const rows = x.take(token);
    const hidden = groupedMatmul(rows, this.gateProj.transpose(), offsets)
      .silu()
      .mul(groupedMatmul(rows, this.upProj.transpose(), offsets));
    const weight = weights.reshape([slots, 1]).take(permutation);
    return groupedMatmul(hidden, this.downProj.transpose(), offsets).mul(weight).segmentSum(token, tokens);
  }
}
