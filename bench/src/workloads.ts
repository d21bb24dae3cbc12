import type { MoonlightConfig } from "@tsuki/moe";
import type { LlamaConfig } from "@tsuki/nn";

/** What a contestant may be asked to do, as plain data: it goes to another process, which may not be JavaScript. */
export type Workload =
  | MatmulWork
  | GroupedWork
  | TrainingWork
  | ExpertsWork
  | NewtonSchulzWork
  | DecodeWork
  | SteadinessWork
  | OverheadWork
  | { readonly kind: "ceiling" }
  | { readonly kind: "readBandwidth" };

/**
 * Matrix products of every left operand with every right one, left · right = [batch, m, k] · [batch, k, n] in float32, each
 * into its own place. Operands as they are stored: `tn` has left [k, m], `nt` has right [n, k].
 */
export interface MatmulWork {
  readonly kind: "matmul";
  readonly form: "nn" | "tn" | "nt";
  /** 0: no batch. */
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly lefts: number;
  readonly rights: number;
  /** Instead of `rights`: every left operand by its own transpose. */
  readonly symmetric?: boolean;
}

/**
 * Rows in equal groups: [rows, k] · [groups, k, n] group by group, or with `over: "contraction"` their gradients of the
 * weights, [rows, k]ᵀ · [rows, n] within each group.
 */
export interface GroupedWork {
  readonly kind: "grouped";
  readonly over: "rows" | "contraction";
  readonly rows: number;
  readonly groups: number;
  readonly k: number;
  readonly n: number;
}

/** Training steps: forward, backward, update. Facts: `loss`, that of the step after `checkedSteps`. */
export interface TrainingWork {
  readonly kind: "training";
  readonly model:
    | { readonly name: "llama"; readonly config: LlamaConfig }
    | { readonly name: "moonlight"; readonly config: MoonlightConfig };
  readonly optimizer: "adamw" | "muon";
  readonly lr: number;
  /** Safetensors with the initial weights, and int32 `ids` [batches, B, T + 1], which are used in turn. */
  readonly file: string;
  readonly checkedSteps: number;
}

/** Forward and backward pass of a mixture of experts on some tokens. */
export interface ExpertsWork {
  readonly kind: "experts";
  readonly config: MoonlightConfig;
  readonly tokens: number;
}

/** Five steps of Newton–Schulz on stacked matrices. */
export interface NewtonSchulzWork {
  readonly kind: "newtonSchulz";
  readonly count: number;
  readonly rows: number;
  readonly cols: number;
}

/** Tokens drawn one after the other for one sequence. Facts: `bytes`, the weights that a token reads. */
export interface DecodeWork {
  readonly kind: "decode";
  readonly config: LlamaConfig;
  readonly dtype: "float32" | "bfloat16";
  readonly tokens: number;
}

/** A long training. Facts: bytes of variables after the `early` and the `late` step. */
export interface SteadinessWork {
  readonly kind: "steadiness";
  readonly training: TrainingWork;
  readonly early: number;
  readonly late: number;
}

/** What a training step costs besides its kernels. */
export interface OverheadWork {
  readonly kind: "overhead";
  readonly training: TrainingWork;
  /** Steps over which medians are taken. */
  readonly steps: number;
}
