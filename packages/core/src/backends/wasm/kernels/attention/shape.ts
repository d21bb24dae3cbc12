import type { AttentionShape, Place } from "../../../../plan/plan.ts";
import { type FunctionBuilder, f32, f32x4, type Local, type Vector } from "../../emit/index.ts";
import { type Block, integer, type Words } from "../arguments.ts";
import { align } from "../blocking.ts";
import type { Arg, KernelOptions } from "../kernel.ts";
import { along, byteStride, ELEMENT, placeWords } from "../place.ts";
import type { Layout } from "../products/pack.ts";
import { columnsOf, tileKey } from "../tile.ts";

/** Most bytes of the scores that a thread holds at a time, and most panels of queries. */
const SCORE_BYTES = 1 << 18;
const PANELS = 4;

/**
 * How attention is cut: a block is a few panels of queries, a panel as many queries as a tile has columns. Everything is
 * held transposed, `scores[panel][key][query]`: a tile of K·Qᵀ is written where it stays, the softmax walks keys with a
 * query in each lane, and the panel is then the packed right operand of Vᵀ·Pᵀ.
 */
export interface AttentionBlocks {
  readonly panels: number;
  /** Queries of a block, and blocks of a head. */
  readonly queries: number;
  readonly blocks: number;
}

export function attentionBlocks({ queries, keys }: AttentionShape, { tile }: KernelOptions): AttentionBlocks {
  const width = columnsOf(tile);
  const fitting = Math.floor(SCORE_BYTES / (Math.max(1, keys) * width * ELEMENT));
  const panels = Math.max(1, Math.min(PANELS, fitting, Math.ceil(queries / width)));
  return { panels, queries: panels * width, blocks: Math.ceil(queries / (panels * width)) };
}

/** A thread's scratch, cut into parts. */
export interface Parts<Name extends string> {
  readonly bytes: number;
  /** Words of thread 0's parts, and of the bytes from thread to thread. */
  readonly words: Block<Name | "threadScratch">;
  /** Addresses of a thread's own parts. */
  locate(f: FunctionBuilder, words: Words<Name | "threadScratch">, thread: Local<"i32">): Words<Name>;
}

/** @param sizes Bytes by part. */
export function cutScratch<Name extends string>(sizes: Readonly<Record<Name, number>>): Parts<Name> {
  const names = Object.keys(sizes) as Name[];
  let bytes = 0;
  const starts = names.map((name): [Name, Arg] => {
    const byteOffset = bytes;
    bytes += align(sizes[name]);
    return [name, { kind: "scratch", byteOffset, perThread: true }];
  });
  const locate: Parts<Name>["locate"] = (f, words, thread) => {
    const addresses = names.map((name) => [name, f.let(along(words[name], thread, words.threadScratch))]);
    return Object.fromEntries(addresses) as Words<Name>;
  };
  return { bytes, words: { ...(Object.fromEntries(starts) as Block<Name>), threadScratch: bytes }, locate };
}

export const axes = ["Batch", "Head", "Token", "Channel"] as const;

type Axis = (typeof axes)[number];
type Extents = "heads" | "sharing" | "queries" | "keys" | "width" | "valueWidth" | "ahead";

/** Words that both kernels have. */
export function attentionWords(
  kernel: AttentionShape,
): Block<"q" | "k" | "v" | `${"q" | "k" | "v"}${Axis}` | "scale" | Extents> {
  const { heads, groups, queries, keys, width, valueWidth, causal, scale } = kernel;
  const factor: Arg =
    scale.kind === "number"
      ? { kind: "number", slot: scale.slot }
      : integer(new Int32Array(Float32Array.of(scale.value).buffer)[0]);
  return {
    ...placeWords("q", kernel.q, ...axes),
    ...placeWords("k", kernel.k, ...axes),
    ...placeWords("v", kernel.v, ...axes),
    scale: factor,
    heads,
    /** Heads of queries that share one of keys. */
    sharing: heads / groups,
    queries,
    keys,
    width,
    valueWidth,
    /** A query sees the keys up to its own number and so many further ones. */
    ahead: causal ? keys - queries : keys,
  };
}

/** The scale in all lanes. */
export function scaleVector(f: FunctionBuilder, { scale }: AttentionShape, word: Local<"i32">): Vector {
  return f.let(f32x4.splat(scale.kind === "number" ? f32.load(word) : f32.reinterpretI32(word)));
}

/** Whether the channels of every token lie side by side; else everything is copied element by element. */
export function isDense(...places: readonly Place[]): boolean {
  return places.every((place) => place.view.shape[3] <= 1 || byteStride(place, 3) === ELEMENT);
}

/** Layouts for packing operands whose lanes are tokens, and those whose lanes are channels. */
export function packLayouts(dense: boolean): { readonly tokens: Layout; readonly channels: Layout } {
  return dense ? { tokens: "depth", channels: "lanes" } : { tokens: "strided", channels: "strided" };
}

/** What names the code of an attention kernel. */
export function attentionKey(
  { scale }: AttentionShape,
  { tile, relaxed, concurrent }: KernelOptions,
  dense: boolean,
): string {
  const flags = `${relaxed ? "r" : "p"}${concurrent ? "c" : ""}`;
  return `${tileKey(tile)}${flags}:${scale.kind}:${dense ? "dense" : "strided"}`;
}
