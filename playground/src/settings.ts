/** What a training is told to do. Plain data: it travels to the worker, and lies in checkpoints. */
export interface Settings {
  readonly size: SizeName;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly seed: number;
  /** The beginning of samples. */
  readonly prompt: string;
  /** `null`: Moby-Dick. */
  readonly text: string | null;
}

export interface Size {
  readonly label: string;
  /** Width of the residual stream. */
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  /** Of each layer but the first; a token uses two of them, and one that all share. */
  readonly experts: number;
  /** Sequences a step, and bytes a sequence. */
  readonly batch: number;
  readonly length: number;
}

export type SizeName = "tiny" | "small" | "medium";
export type OptimizerName = "muon" | "adamw";

/** The last one is what `npm start` trains. */
export const sizes: Readonly<Record<SizeName, Size>> = {
  tiny: { label: "Tiny", hidden: 32, layers: 2, heads: 2, experts: 4, batch: 8, length: 64 },
  small: { label: "Small", hidden: 64, layers: 3, heads: 4, experts: 8, batch: 8, length: 96 },
  medium: { label: "Medium", hidden: 128, layers: 4, heads: 4, experts: 8, batch: 16, length: 128 },
};

export const optimizers: Readonly<Record<OptimizerName, { readonly label: string; readonly lr: number }>> = {
  muon: { label: "Muon", lr: 6e-3 },
  adamw: { label: "AdamW", lr: 1.5e-3 },
};

/** The end of a text, which is never trained on. */
export const heldOut = 0.1;

/** Bytes that a text needs: both of its parts fill a batch. */
export function leastBytes({ batch, length }: Size): number {
  return Math.ceil(((batch + 2) * length) / heldOut);
}
