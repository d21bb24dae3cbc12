import { Constants } from "../../codegen/constants.ts";
import type { Emission } from "../../codegen/emission.ts";
import { exp } from "../../codegen/exponential.ts";
import { logarithm } from "../../codegen/logarithm.ts";
import { FunctionBuilder, f32, f32x4, i32, i32x4, type Local, select, type Value, v128 } from "../../emit/index.ts";
import type { Words } from "../arguments.ts";
import type { KernelOptions } from "../kernel.ts";
import { minimum } from "../partition.ts";
import { addressesFrom, along } from "../place.ts";
import { multiplyTile } from "../products/microkernel.ts";
import { type Layout, packPanels, transpose } from "../products/pack.ts";
import { columnsOf, type Tile } from "../tile.ts";

/** What products are compiled for. */
export type TileCode = Pick<KernelOptions, "tile" | "relaxed">;

/** A block of queries that is taken up. */
export interface QueryBlock {
  readonly first: Local<"i32">;
  readonly queries: Local<"i32">;
  readonly panels: Local<"i32">;
  /** How many keys its last query sees: the first ones. */
  readonly seen: Local<"i32">;
}

/** What says which keys a query sees. */
export type Sight = Words<"queries" | "keys" | "ahead">;

/** How many keys a query sees. */
export function seenBy(f: FunctionBuilder, { keys, ahead }: Sight, query: Value<"i32">): Local<"i32"> {
  const end = f.let(i32.add(i32.add(query, ahead), 1));
  return f.let(select(i32.gtS(end, 0), minimum(end, keys), i32.const(0)));
}

/** Takes up the block that begins with a query. */
export function queryBlock(
  f: FunctionBuilder,
  tile: Tile,
  words: Sight & Words<"blockQueries">,
  first: Local<"i32">,
): QueryBlock {
  const width = columnsOf(tile);
  const queries = f.let(minimum(i32.sub(words.queries, first), words.blockQueries));
  const panels = f.let(i32.divU(i32.add(queries, width - 1), width));
  const seen = seenBy(f, words, i32.sub(i32.add(first, queries), 1));
  return { first, queries, panels, seen };
}

/** A panel of a block. */
export interface Panel {
  readonly index: Local<"i32">;
  /** Its first query, counted in the block, and how many it has. */
  readonly first: Local<"i32">;
  readonly queries: Local<"i32">;
  /** How many keys its last query sees. */
  readonly seen: Local<"i32">;
}

export function forEachPanel(
  f: FunctionBuilder,
  tile: Tile,
  words: Sight,
  block: QueryBlock,
  body: (panel: Panel) => void,
): void {
  const width = columnsOf(tile);
  const index = f.local("i32");
  f.for(index, 0, block.panels, 1, () => {
    const first = f.let(i32.mul(index, width));
    const queries = f.let(minimum(i32.sub(block.queries, first), i32.const(width)));
    const seen = seenBy(f, words, i32.sub(i32.add(i32.add(block.first, first), queries), 1));
    body({ index, first, queries, seen });
  });
}

/** Visits the tiles of keys, by their first key, with each panel of which a query sees one of theirs. */
export function forEachSeenTile(
  f: FunctionBuilder,
  tile: Tile,
  words: Sight,
  block: QueryBlock,
  body: (key: Local<"i32">, panel: Panel) => void,
): void {
  const key = f.local("i32");
  f.for(key, 0, block.seen, tile.rows, () => {
    forEachPanel(f, tile, words, block, (panel) => f.if(i32.gtS(panel.seen, key), () => body(key, panel)));
  });
}

/** Packs lanes from `source` on: strides, and how many there are, of lanes and depth. */
export function packFrom(
  f: FunctionBuilder,
  width: number,
  layout: Layout,
  source: Value<"i32">,
  [laneStride, depthStride]: readonly Local<"i32">[],
  [lanes, depth]: readonly Local<"i32">[],
  target: Local<"i32">,
): void {
  packPanels(f, width, layout, { source: f.let(source), laneStride, depthStride, lanes, depth, target: f.let(target) });
}

/** One tile of packed rows · packed columns: to `target`, rows of the tile's width behind each other. */
export function tileTo(
  f: FunctionBuilder,
  { tile, relaxed }: TileCode,
  rows: Value<"i32">,
  columns: Value<"i32">,
  depth: Local<"i32">,
  target: Value<"i32">,
): void {
  multiplyTile(f, tile, relaxed, {
    a: { kind: "packed", address: f.let(rows) },
    b: f.let(columns),
    depth,
    c: f.let(target),
    rowStride: f.let(i32.const(columnsOf(tile) * 4)),
    fresh: f.let(i32.const(1)),
  });
}

/** Sets the scores of keys that a query does not see to −∞. */
export function hideKeys(
  { f, constants }: Emission,
  tile: Tile,
  words: Sight,
  block: QueryBlock,
  panel: Panel,
  scores: Local<"i32">,
  end: Local<"i32">,
): void {
  const first = i32.add(block.first, panel.first);
  const last = f.let(i32x4.splat(i32.add(first, words.ahead)));
  const bytes = columnsOf(tile) * 4;
  const key = f.local("i32");
  f.for(key, seenBy(f, words, first), end, 1, () => {
    const at = f.let(along(scores, key, bytes));
    const here = f.let(i32x4.splat(key));
    for (let v = 0; v < tile.vectors; v++) {
      const limit = i32x4.add(last, constants.lanes(4 * v, 4 * v + 1, 4 * v + 2, 4 * v + 3));
      const shown = v128.bitselect(
        v128.load(at, 16 * v),
        constants.float(Number.NEGATIVE_INFINITY),
        i32x4.leS(here, limit),
      );
      f.do(v128.store(at, shown, 16 * v));
    }
  });
}

/** Keys that are taken at a time where a sum runs over them: both operands stay in the first-level cache. */
const KEYS = 256;

/**
 * sums[panel][channel][query] = Σ over the keys that the panel sees of channel · weight: `channels` are packed, tile by tile,
 * `weights` are panels `weightBytes` apart.
 */
export function sumOverKeys(
  f: FunctionBuilder,
  { tile, relaxed }: TileCode,
  words: Sight,
  block: QueryBlock,
  operands: Readonly<Record<"channels" | "count" | "weights" | "weightBytes" | "sums" | "sumBytes", Local<"i32">>>,
): void {
  const rowBytes = columnsOf(tile) * 4;
  const [key, channel] = [f.local("i32"), f.local("i32")];
  const panelBytes = f.let(i32.mul(words.keys, tile.rows * 4));
  const rowStride = f.let(i32.const(rowBytes));
  f.set(key, 0);
  f.repeat(
    () => {
      const fresh = f.let(i32.eqz(key));
      forEachPanel(f, tile, words, block, (panel) => {
        const depth = f.let(minimum(i32.sub(panel.seen, key), i32.const(KEYS)));
        // Sums over no key are 0.
        f.if(i32.or(fresh, i32.gtS(depth, 0)), () => {
          const weights = f.let(
            i32.add(operands.weights, along(i32.mul(panel.index, operands.weightBytes), key, rowBytes)),
          );
          const target = f.let(along(operands.sums, panel.index, operands.sumBytes));
          const source = f.let(along(operands.channels, key, tile.rows * 4));
          f.for(channel, 0, operands.count, tile.rows, () => {
            multiplyTile(f, tile, relaxed, {
              a: { kind: "packed", address: f.let(source) },
              b: f.let(weights),
              depth,
              c: target,
              rowStride,
              fresh,
            });
            f.advance(source, panelBytes);
            f.advance(target, tile.rows * rowBytes);
          });
        });
      });
      f.advance(key, KEYS);
    },
    i32.ltS(key, block.seen),
  );
}

/** Where the lanes of `[channel][lane]` go: one row of channels each, multiplied by the lane's factor. */
export interface LaneTarget {
  readonly source: Local<"i32">;
  /** Address of a factor for each lane. */
  readonly factors: Local<"i32">;
  readonly lanes: Local<"i32">;
  readonly channels: Local<"i32">;
  readonly target: Local<"i32">;
  readonly laneStride: Local<"i32">;
  readonly channelStride: Local<"i32">;
}

/** Writes a panel of sums to rows; where their channels lie side by side (`dense`), squares of 4×4 are transposed. */
export function writeLanes(f: FunctionBuilder, tile: Tile, dense: boolean, to: LaneTarget): void {
  const { source, factors, lanes, channels, target, laneStride, channelStride } = to;
  const rowBytes = columnsOf(tile) * 4;
  const [lane, channel] = [f.local("i32"), f.local("i32")];
  const whole = f.let(dense ? i32.and(channels, -4) : i32.const(0));
  if (dense) {
    f.for(lane, 0, lanes, 4, () => {
      const factor = f.let(v128.load(along(factors, lane, 4)));
      const from = f.let(along(source, lane, 4));
      const rows = addressesFrom(f, along(target, lane, laneStride), laneStride, 4);
      f.for(channel, 0, whole, 4, () => {
        const squares = [0, 1, 2, 3].map((i) => f.let(f32x4.mul(v128.load(from, i * rowBytes), factor)));
        for (const [i, row] of transpose(f, squares).entries()) {
          f.if(i32.gtS(i32.sub(lanes, lane), i), () => f.do(v128.store(rows[i], row)));
          f.advance(rows[i], 16);
        }
        f.advance(from, 4 * rowBytes);
      });
    });
  }
  f.for(channel, whole, channels, 1, () => {
    const from = f.let(along(source, channel, rowBytes));
    const at = f.let(along(target, channel, channelStride));
    const factor = f.let(factors);
    f.for(lane, 0, lanes, 1, () => {
      f.do(f32.store(at, f32.mul(f32.load(from), f32.load(factor))));
      f.advance(from, 4);
      f.advance(factor, 4);
      f.advance(at, laneStride);
    });
  });
}

/** What exp, log and the hiding of keys use, in locals. */
export function emissionOf(f: FunctionBuilder, { tile, relaxed }: TileCode): Emission {
  const draft = new FunctionBuilder([]);
  const x = draft.local("v128");
  const wanted = new Constants(draft.local("i32"));
  exp({ f: draft, constants: wanted, relaxed }, x);
  logarithm({ f: draft, constants: wanted, relaxed }, x, Math.LN2);
  for (let v = 0; v < tile.vectors; v++) wanted.lanes(4 * v, 4 * v + 1, 4 * v + 2, 4 * v + 3);
  return { f, constants: wanted.declare(f), relaxed };
}

/** Rows of sums, `stride` bytes apart, and where their channels go. */
export type RowTarget = Readonly<
  Record<"source" | "stride" | "rows" | "channels" | "target" | "rowStride" | "channelStride", Local<"i32">>
>;

export function writeRows(f: FunctionBuilder, dense: boolean, to: RowTarget): void {
  const [row, channel] = [f.local("i32"), f.local("i32")];
  const whole = f.let(dense ? i32.and(to.channels, -4) : i32.const(0));
  f.for(row, 0, to.rows, 1, () => {
    const from = f.let(along(to.source, row, to.stride));
    const at = f.let(along(to.target, row, to.rowStride));
    if (dense) {
      f.for(channel, 0, whole, 4, () => {
        f.do(v128.store(at, v128.load(from)));
        f.advance(from, 16);
        f.advance(at, 16);
      });
    }
    f.for(channel, whole, to.channels, 1, () => {
      f.do(f32.store(at, f32.load(from)));
      f.advance(from, 4);
      f.advance(at, to.channelStride);
    });
  });
}

/** Visits the vectors of a region, a multiple of 16 bytes. */
export function forEachVector(
  f: FunctionBuilder,
  from: Value<"i32">,
  bytes: Value<"i32">,
  body: (at: Local<"i32">) => void,
): void {
  const at = f.let(from);
  f.for(at, at, f.let(i32.add(at, bytes)), 16, () => body(at));
}
