import { expect, test } from "vitest";
import { snakeCase } from "./names.ts";

test.each([
  ["weight", "weight"],
  ["qProj", "q_proj"],
  ["kvAProjWithMqa", "kv_a_proj_with_mqa"],
  ["eScoreCorrectionBias", "e_score_correction_bias"],
  ["postAttentionLayernorm", "post_attention_layernorm"],
  ["Norm", "norm"],
  ["already_snake_2", "already_snake_2"],
])("%s is %s in a checkpoint", (field, name) => {
  expect(snakeCase(field)).toBe(name);
});
