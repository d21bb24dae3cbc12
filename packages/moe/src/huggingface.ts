import { readConfig, writeConfig } from "@tsuki/nn";
import { type MoonlightConfig, moonlightSchema } from "./config.ts";

/**
 * Reads the content of a Hugging Face `config.json` (`model_type` deepseek_v3). Keys that change nothing here
 * (`torch_dtype`, `use_cache`, `ep_size`, …) are ignored.
 *
 * @throws ArgumentError that names every missing key, every value out of range, and every variant that this model lacks.
 */
export function configFromHuggingFace(json: unknown): MoonlightConfig {
  return readConfig(moonlightSchema, json);
}

/** The content of a Hugging Face `config.json` for a model. */
export function toHuggingFace(config: MoonlightConfig): Record<string, unknown> {
  return {
    architectures: ["DeepseekV3ForCausalLM"],
    ...writeConfig(moonlightSchema, config),
    num_key_value_heads: config.numAttentionHeads,
  };
}
