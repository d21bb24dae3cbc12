import type { ComputeDType, DType, TypedArray } from "../dtype.ts";
import type { Constant, Expr, RunTimeNumber } from "./expr.ts";
import type { View } from "./view.ts";

/**
 * A plan: what a backend compiles once and runs many times. Its shapes, structure and memory layout are fixed; addresses
 * of slots and run-time numbers are bound at each run.
 */
export interface Plan {
  readonly id: number;
  readonly buffers: readonly Buffer[];
  /** The variables and values that a run is given, by slot. */
  readonly slots: readonly Slot[];
  /** Dtypes of the run-time numbers (`float32` and `float64` as the backend computes them, `int32`). */
  readonly numbers: readonly ComputeDType[];
  /** Kernels and host steps in the order in which they run. */
  readonly steps: readonly Step[];
  /** Contiguous buffers whose contents a run returns as values. */
  readonly outputs: readonly OutputInfo[];
  /** Bytes of the arena that `Buffer.source` offsets refer to. */
  readonly arenaBytes: number;
  /** What a computed index out of range means; the entries of `Gather.check`. */
  readonly checks: readonly IndexCheck[];
}

/** Memory that kernels read and write: flat, in elements of `dtype`. */
export interface Buffer {
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
  /** A region of the plan's arena (byte offset, a multiple of 64), or what is bound to a slot. */
  readonly source:
    | { readonly kind: "arena"; readonly offset: number }
    | { readonly kind: "slot"; readonly slot: number };
  /** Number of the backend's memory in which it lies (0: the only one of a memory32 backend). */
  readonly memory: number;
}

export interface Slot {
  /** `variable`: resident storage that the plan may also write; `value`: read only. */
  readonly kind: "variable" | "value";
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface OutputInfo {
  readonly buffer: number;
  readonly shape: readonly number[];
}

export interface IndexCheck {
  readonly op: string;
  /** Module path of the node. */
  readonly path: string;
  /** Its stack shows where the node was created, where that is known. */
  readonly trace?: Error | undefined;
  /** Which of the captured ops it is: a run of the plan for another model has its own path and stack. */
  readonly node?: number;
  readonly extent: number;
}

export type Step = Kernel | HostStep;
export type Kernel =
  | MapKernel
  | ReduceKernel
  | MatmulKernel
  | GroupedRowsKernel
  | GroupedContractionKernel
  | AttentionKernel
  | AttentionBackwardKernel
  | ScanKernel
  | SortKernel
  | GroupByKernel
  | SegmentSumKernel
  | InsertKernel;

/** Where a kernel comes from: named in errors, `explain()` and profiles. */
interface Origin {
  readonly label: string;
}

/** A place in a buffer: strides and offset in elements, over the coordinates that the kernel names. */
export interface Place {
  readonly buffer: number;
  readonly view: View;
}

/** One result of a map or reduction: `expr` is stored at `place` (a slice of a larger buffer is allowed). */
export interface Store {
  readonly place: Place;
  readonly expr: Expr;
}

/**
 * `store[coordinates] = expr(coordinates)` for every element of `shape`. A store may be in place: its buffer may also be
 * loaded at exactly the element that is stored (same view), never at another.
 */
export interface MapKernel extends Origin {
  readonly kind: "map";
  readonly shape: readonly number[];
  readonly stores: readonly Store[];
}

/**
 * Reduces `input` over the last axis of `[...shape, length]`. With `block` > 0 (a multiple of 4) each run of `block`
 * elements gives one result: stores then have shape `[...shape, ceil(length / block)]`, else `shape`.
 *
 * Order of a sum, the same in every layout and at any number of threads: accumulator j (0 … 3) adds the elements
 * i ≡ j mod 4 in rising order, starting from 0; the result is (a₀ + a₂) + (a₁ + a₃).
 * Length 0: sum 0, prod 1, max −∞ (lowest int), min +∞ (highest int).
 * A store may be in place as that of a map, where `input` reads nothing of its buffer.
 */
export interface ReduceKernel extends Origin {
  readonly kind: "reduce";
  readonly op: "sum" | "prod" | "max" | "min";
  readonly shape: readonly number[];
  readonly length: number;
  readonly block: number;
  readonly input: Expr;
  /** Expressions over the stores' shape, in which `accumulated` is the reduced value. */
  readonly stores: readonly Store[];
}

/**
 * C[…batch, m, n] = Σₖ A[…batch, m, k]·B[…batch, k, n] in float32 (float64 on reference); transposition is in the
 * strides. A and B of all products may be stored as 16-bit floats, which are widened as they are read. Places have the shapes `[...batch, m, k]`, `[...batch, k, n]`, `[...batch, m, n]`.
 */
export interface MatmulKernel extends Origin {
  readonly kind: "matmul";
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Place;
  readonly b: Place;
  readonly c: Place;
  /** C is known to be symmetric (m = n): a backend may compute one half and mirror it. */
  readonly symmetric: boolean;
}

/**
 * Rows grouped by expert: C[r, n] = Σₖ A[r, k]·B[g(r), k, n], where row r belongs to group g when
 * offsets[g] ≤ r < offsets[g + 1]. `offsets` is int32 [groups + 1], rising, from 0 to `rows`.
 */
export interface GroupedRowsKernel extends Origin {
  readonly kind: "groupedRows";
  readonly rows: number;
  readonly n: number;
  readonly k: number;
  readonly groups: number;
  /** [rows, k] */
  readonly a: Place;
  /** [groups, k, n] */
  readonly b: Place;
  /** [groups + 1] */
  readonly offsets: Place;
  /** [rows, n] */
  readonly c: Place;
}

/** Grouped contraction: C[g, m, n] = Σ_{r in group g} A[r, m]·B[r, n]; an empty group writes zeros. */
export interface GroupedContractionKernel extends Origin {
  readonly kind: "groupedContraction";
  readonly rows: number;
  readonly m: number;
  readonly n: number;
  readonly groups: number;
  /** [rows, m] */
  readonly a: Place;
  /** [rows, n] */
  readonly b: Place;
  readonly offsets: Place;
  /** [groups, m, n] */
  readonly c: Place;
}

/** Extents of attention, and who sees whom. */
export interface AttentionShape extends Origin {
  readonly batch: number;
  /** Heads of the queries, a multiple of `groups`: query head h reads the keys and values of head ⌊h·groups / heads⌋. */
  readonly heads: number;
  readonly groups: number;
  readonly queries: number;
  readonly keys: number;
  /** Channels of queries and keys. */
  readonly width: number;
  readonly valueWidth: number;
  /** Query i sees the keys j ≤ i + keys − queries, else all. What is not seen is finite, and changes nothing. */
  readonly causal: boolean;
  readonly scale: Constant | RunTimeNumber;
  /** [batch, heads, queries, width] */
  readonly q: Place;
  /** [batch, groups, keys, width] */
  readonly k: Place;
  /** [batch, groups, keys, valueWidth] */
  readonly v: Place;
}

/**
 * out[i] = Σⱼ exp(sᵢⱼ − lᵢ)·v[j] over the keys j that query i sees, where sᵢⱼ = scale·q[i]·k[j] and lᵢ = log Σⱼ exp sᵢⱼ. A
 * query that sees no key, or none with a score above −∞, has zeros and l = −∞.
 */
export interface AttentionKernel extends AttentionShape {
  readonly kind: "attention";
  /** [batch, heads, queries, valueWidth] */
  readonly out: Place;
  /** [batch, heads, queries] */
  readonly logSumExp: Place;
}

/**
 * With pᵢⱼ = exp(sᵢⱼ − lᵢ) (0 where j is not seen) and eᵢⱼ = pᵢⱼ·(dOut[i]·v[j] − delta[i]):
 * dq[i] = scale·Σⱼ eᵢⱼ·k[j], dk[j] = scale·Σᵢ eᵢⱼ·q[i], dv[j] = Σᵢ pᵢⱼ·dOut[i], the sums over i also over the heads that share j.
 */
export interface AttentionBackwardKernel extends AttentionShape {
  readonly kind: "attentionBackward";
  /** [batch, heads, queries], as the forward kernel gives it */
  readonly logSumExp: Place;
  /** [batch, heads, queries] */
  readonly delta: Place;
  /** [batch, heads, queries, valueWidth] */
  readonly dOut: Place;
  /** As `q`, `k` and `v` */
  readonly dq: Place;
  readonly dk: Place;
  readonly dv: Place;
}

/**
 * Along each row yᵢ = fᵢ·yᵢ₋₁ + tᵢ from y₀ = t₀, one step after the other, product and sum rounded apart. Without terms
 * yᵢ = fᵢ·yᵢ₋₁ from y₀ = f₀, without factors yᵢ = yᵢ₋₁ + tᵢ; one of them is there.
 */
export interface ScanKernel extends Origin {
  readonly kind: "scan";
  readonly rows: number;
  readonly length: number;
  /** [rows, length] */
  readonly terms: Place | null;
  /** [rows, length] */
  readonly factors: Place | null;
  /** [rows, length] */
  readonly out: Place;
}

/**
 * The places of the first k ≤ `length` entries of each row in sorted order: rising, or falling; NaN is the largest, −0
 * equals 0, equal entries keep their order.
 */
export interface SortKernel extends Origin {
  readonly kind: "sort";
  readonly rows: number;
  readonly length: number;
  readonly k: number;
  readonly descending: boolean;
  /** [rows, length], floats or int32 */
  readonly input: Place;
  /** [rows, k] int32 */
  readonly indices: Place;
}

/**
 * Stable counting sort of `ids` (int32 [length], each in [0, groups); others are clamped and fail `check`):
 * `permutation[p]` is the element at sorted position p; group g takes positions offsets[g] … offsets[g + 1] − 1.
 */
export interface GroupByKernel extends Origin {
  readonly kind: "groupBy";
  readonly length: number;
  readonly groups: number;
  /** [length] */
  readonly ids: Place;
  /** [length] int32 */
  readonly permutation: Place;
  /** [groups + 1] int32 */
  readonly offsets: Place;
  readonly check: number;
}

/**
 * out[s, w] = Σ_{p from offsets[s] to offsets[s + 1] − 1} input[permutation[p], w], added in rising p from 0; the
 * deterministic half of a scatter-add.
 */
export interface SegmentSumKernel extends Origin {
  readonly kind: "segmentSum";
  readonly rows: number;
  readonly segments: number;
  readonly width: number;
  /** [rows, width] */
  readonly input: Place;
  /** [rows] int32 */
  readonly permutation: Place;
  /** [segments + 1] int32 */
  readonly offsets: Place;
  /** [segments, width] */
  readonly out: Place;
}

/**
 * out[o, start + t, i] = input[o, t, i]; what lies beside it stays. `out` is stored as `input` is. The start is clamped to
 * [0, extent − length], and fails `check` where it lay outside.
 */
export interface InsertKernel extends Origin {
  readonly kind: "insert";
  readonly outer: number;
  readonly length: number;
  readonly extent: number;
  readonly inner: number;
  /** [outer, length, inner] */
  readonly input: Place;
  /** [] int32 */
  readonly start: Place;
  /** [outer, extent, inner] */
  readonly out: Place;
  readonly check: number;
}

/** A callback between two segments: given its inputs, it fills its outputs. Inputs and outputs are contiguous. */
export interface HostStep extends Origin {
  readonly kind: "host";
  /** Index into `Bindings.hosts`. */
  readonly call: number;
  readonly inputs: readonly OutputInfo[];
  readonly outputs: readonly OutputInfo[];
}

/** Given copies of its inputs' contents, a host step returns those of its outputs. */
export type HostCall = (inputs: TypedArray[]) => TypedArray[] | Promise<TypedArray[]>;
