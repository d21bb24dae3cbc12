import { checkChoice } from "./checks.ts";

/** The factor on the orthogonalised update of a matrix `[rows, cols]`. */
export type ScaleRule = (rows: number, cols: number) => number;

/**
 * Scale rules by name.
 *
 * - `moonlight`: 0.2·√max(rows, cols). An orthogonal update of full rank then has RMS 0.2, about that of AdamW, so that
 *   both share one learning rate and weight decay (arXiv 2502.16982 §2.2, eq. 4; torch: "match_rms_adamw").
 * - `keller`: √max(1, rows / cols), of Keller Jordan's Muon (torch: "original").
 * - `spectralNorm`: √(rows / cols) (Scion, arXiv 2502.07529; dion: "spectral_norm"; NeMo's "spectral" is something else,
 *   √max(rows, cols)).
 * - `none`: 1.
 */
export const scaleRules: Readonly<Record<"moonlight" | "keller" | "spectralNorm" | "none", ScaleRule>> = {
  moonlight: (rows, cols) => 0.2 * Math.sqrt(Math.max(rows, cols)),
  keller: (rows, cols) => Math.sqrt(Math.max(1, rows / cols)),
  spectralNorm: (rows, cols) => Math.sqrt(rows / cols),
  none: () => 1,
};

/** The rule of a name, or a function as it is. */
export function scaleRule(rule: keyof typeof scaleRules | ScaleRule): ScaleRule {
  if (typeof rule === "function") return rule;
  checkChoice<string>("muon", "scale", rule, Object.keys(scaleRules));
  return scaleRules[rule];
}
