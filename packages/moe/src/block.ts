import type { Generator, Tensor } from "@tsuki/core";
import { type AttentionContext, init, Module, RMSNorm, type RotaryEmbedding, SwiGLU } from "@tsuki/nn";
import { MultiHeadLatentAttention } from "./attention.ts";
import { isMoELayer, type MoonlightConfig } from "./config.ts";
import { MoE } from "./moe.ts";
import type { Observe } from "./observation.ts";

/** What a layer of the decoder knows besides its input. */
export interface DecoderContext extends AttentionContext {
  readonly observe?: Observe;
}

/** A pre-norm layer: h ← h + attention(norm(h)), then h ← h + mlp(norm(h)), where the latter is dense or a mixture. */
export class DecoderLayer extends Module<[hidden: Tensor, context?: DecoderContext], Tensor> {
  readonly index: number;
  readonly inputLayernorm: RMSNorm;
  readonly selfAttn: MultiHeadLatentAttention;
  readonly postAttentionLayernorm: RMSNorm;
  readonly mlp: SwiGLU | MoE;

  constructor(config: MoonlightConfig, index: number, rotary: RotaryEmbedding, generator?: Generator) {
    super();
    const { hiddenSize, intermediateSize, rmsNormEps, initializerRange } = config;
    this.index = index;
    this.inputLayernorm = new RMSNorm({ size: hiddenSize, eps: rmsNormEps });
    this.selfAttn = new MultiHeadLatentAttention(config, rotary, generator);
    this.postAttentionLayernorm = new RMSNorm({ size: hiddenSize, eps: rmsNormEps });
    this.mlp = isMoELayer(config, index)
      ? new MoE(config, generator)
      : new SwiGLU({ hiddenSize, intermediateSize, init: init.normal({ std: initializerRange }), generator });
  }

  /** @param hidden [B, T, D] → [B, T, D] */
  forward(hidden: Tensor, context: DecoderContext = {}): Tensor {
    const { index: layer, mlp } = this;
    const { observe } = context;
    const attended = this.selfAttn.call(this.inputLayernorm.call(hidden), context, (projections) =>
      observe?.({ kind: "projections", layer, projections }),
    );
    observe?.({ kind: "attention", layer, output: attended });
    const between = hidden.add(attended);
    const normed = this.postAttentionLayernorm.call(between);
    const output =
      mlp instanceof MoE
        ? mlp.call(normed, (routing) => observe?.({ kind: "routing", layer, routing }))
        : mlp.call(normed);
    observe?.({ kind: "mlp", layer, output });
    return between.add(output);
  }
}
