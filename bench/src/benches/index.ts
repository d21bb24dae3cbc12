import type { Bench } from "./bench.ts";
import { decode } from "./decode.ts";
import { gemm } from "./gemm.ts";
import { memory } from "./memory.ts";
import { moe } from "./moe.ts";
import { overhead } from "./overhead.ts";
import { step } from "./step.ts";

export const benchNames = ["gemm", "step", "moe", "memory", "overhead", "decode"] as const;
export type BenchName = (typeof benchNames)[number];

export const benches: Readonly<Record<BenchName, Bench>> = { gemm, step, moe, memory, overhead, decode };
