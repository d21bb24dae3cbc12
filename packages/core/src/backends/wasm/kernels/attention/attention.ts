import type { AttentionKernel } from "../../../../plan/plan.ts";
import type { Emission } from "../../codegen/emission.ts";
import { exp } from "../../codegen/exponential.ts";
import { logarithm } from "../../codegen/logarithm.ts";
import { f32, f32x4, i32, type Local, type Vector, v128 } from "../../emit/index.ts";
import { kernelCall } from "../arguments.ts";
import { type KernelOptions, type Launch, nothing, onePhase } from "../kernel.ts";
import { counterWord, forEachUnit, minimum } from "../partition.ts";
import { along, placeWords } from "../place.ts";
import { columnsOf, type Tile } from "../tile.ts";
import {
  emissionOf,
  forEachPanel,
  forEachSeenTile,
  forEachVector,
  hideKeys,
  packFrom,
  queryBlock,
  sumOverKeys,
  tileTo,
  writeLanes,
} from "./block.ts";
import {
  attentionBlocks,
  attentionKey,
  attentionWords,
  axes,
  cutScratch,
  isDense,
  packLayouts,
  scaleVector,
} from "./shape.ts";

/** Heads that are enough to be the units of work. */
const MANY_HEADS = 16;

/**
 * Attention by blocks of queries, which the threads share: scores of a block, their softmax, and the means of values, all in
 * the thread's scratch. Tiles of keys that no query of a panel sees are left out. The values of a head are packed once a
 * thread. A row's bits depend on nothing but its query and the keys it sees.
 */
export function attention(kernel: AttentionKernel, options: KernelOptions): Launch {
  const { batch, heads, queries, keys, width, valueWidth } = kernel;
  if (batch * heads * queries === 0) return nothing;
  const { tile } = options;
  const blocks = attentionBlocks(kernel, options);
  const [lanes, rows] = [columnsOf(tile), tile.rows];
  const rowBytes = lanes * 4;
  const dense = isDense(kernel.q, kernel.k, kernel.v, kernel.out);
  const layouts = packLayouts(dense);
  const scoreBytes = Math.ceil(keys / rows) * rows * rowBytes;
  const sumBytes = Math.ceil(valueWidth / rows) * rows * rowBytes;
  // Few heads are shared by blocks, the longest first.
  const runs = batch * heads < MANY_HEADS ? blocks.blocks : 1;
  const scratch = cutScratch({
    queryPanels: blocks.panels * width * rowBytes,
    values: (sumBytes / lanes) * keys,
    scores: blocks.panels * scoreBytes,
    sums: blocks.panels * sumBytes,
    factors: blocks.panels * rowBytes,
    rowLogs: rowBytes,
    keyTokens: Math.ceil(keys / rows) * rows * width * 4,
  });
  const block = {
    ...attentionWords(kernel),
    ...placeWords("out", kernel.out, ...axes),
    ...placeWords("logs", kernel.logSumExp, "Batch", "Head", "Token"),
    units: batch * heads * runs,
    ...counterWord,
    runs,
    runBlocks: blocks.blocks / runs,
    blockQueries: blocks.queries,
    scoreBytes,
    sumBytes,
    ...scratch.words,
  };
  const key = `attention ${attentionKey(kernel, options, dense)}`;
  const call = kernelCall(key, block, (f, words, sharers) => {
    const { queryPanels, values, scores, sums, factors, rowLogs, keyTokens } = scratch.locate(f, words, sharers.thread);
    const emission = emissionOf(f, options);
    const scale = scaleVector(f, kernel, words.scale);
    const packed = f.let(i32.const(-1));
    const first = f.local("i32");
    const runQueries = f.let(i32.mul(words.runBlocks, words.blockQueries));
    forEachUnit(f, options, words.units, sharers, (unit) => {
      const head = f.let(i32.divU(unit, words.runs));
      const start = f.let(i32.mul(i32.sub(i32.sub(words.runs, 1), i32.remU(unit, words.runs)), runQueries));
      const [b, h] = [f.let(i32.divU(head, words.heads)), f.let(i32.remU(head, words.heads))];
      const group = f.let(i32.divU(h, words.sharing));
      const shared = f.let(i32.divU(head, words.sharing));
      const isNew = f.let(i32.ne(shared, packed));
      f.if(isNew, () => {
        f.set(packed, shared);
        const keysOfHead = i32.add(words.k, along(i32.mul(b, words.kBatch), group, words.kHead));
        const valuesOfHead = i32.add(words.v, along(i32.mul(b, words.vBatch), group, words.vHead));
        const { kToken, kChannel, vToken, vChannel } = words;
        packFrom(f, rows, layouts.tokens, keysOfHead, [kToken, kChannel], [words.keys, words.width], keyTokens);
        packFrom(f, rows, layouts.channels, valuesOfHead, [vChannel, vToken], [words.valueWidth, words.keys], values);
      });
      f.for(first, start, f.let(minimum(i32.add(start, runQueries), words.queries)), words.blockQueries, () => {
        const taken = queryBlock(f, tile, words, first);
        const queriesOfHead = i32.add(words.q, along(i32.mul(b, words.qBatch), h, words.qHead));
        const query = along(queriesOfHead, first, words.qToken);
        const { qToken, qChannel } = words;
        packFrom(f, lanes, layouts.tokens, query, [qToken, qChannel], [taken.queries, words.width], queryPanels);
        const panelBytes = f.let(i32.mul(words.width, rowBytes));
        forEachVector(f, queryPanels, i32.mul(taken.panels, panelBytes), (at) =>
          f.do(v128.store(at, f32x4.mul(v128.load(at), scale))),
        );

        forEachSeenTile(f, tile, words, taken, (row, { index }) => {
          const tokens = along(keyTokens, row, i32.mul(words.width, 4));
          const target = i32.add(scores, along(i32.mul(index, words.scoreBytes), row, rowBytes));
          tileTo(f, options, tokens, along(queryPanels, index, panelBytes), words.width, target);
        });

        const logsOfHead = i32.add(words.logs, along(i32.mul(b, words.logsBatch), h, words.logsHead));
        const logTarget = f.let(along(logsOfHead, first, words.logsToken));
        forEachPanel(f, tile, words, taken, (panel) => {
          const at = f.let(along(scores, panel.index, words.scoreBytes));
          hideKeys(emission, tile, words, taken, panel, at, panel.seen);
          softmax(emission, tile, at, panel.seen, f.let(along(factors, panel.index, rowBytes)), rowLogs);
          const [lane, from] = [f.local("i32"), f.let(rowLogs)];
          f.for(lane, 0, panel.queries, 1, () => {
            f.do(f32.store(logTarget, f32.load(from)));
            f.advance(from, 4);
            f.advance(logTarget, words.logsToken);
          });
        });

        sumOverKeys(f, options, words, taken, {
          channels: values,
          count: words.valueWidth,
          weights: scores,
          weightBytes: words.scoreBytes,
          sums,
          sumBytes: words.sumBytes,
        });
        const outOfHead = i32.add(words.out, along(i32.mul(b, words.outBatch), h, words.outHead));
        const outTarget = f.let(along(outOfHead, first, words.outToken));
        forEachPanel(f, tile, words, taken, (panel) => {
          writeLanes(f, tile, dense, {
            source: f.let(along(sums, panel.index, words.sumBytes)),
            factors: f.let(along(factors, panel.index, rowBytes)),
            lanes: panel.queries,
            channels: words.valueWidth,
            target: f.let(along(outTarget, panel.first, words.outToken)),
            laneStride: words.outToken,
            channelStride: words.outChannel,
          });
        });
      });
    });
  });
  return onePhase(call, { threadScratch: scratch.bytes });
}

/**
 * Replaces scores [key][query] by exp(score − top), and writes the factors that make weights of them, 1 / Σ, and the logs of
 * the sums of exponentials.
 */
function softmax(
  emission: Emission,
  tile: Tile,
  scores: Local<"i32">,
  keys: Local<"i32">,
  factors: Local<"i32">,
  logs: Local<"i32">,
): void {
  const bytes = columnsOf(tile) * 4;
  const vectors = Array.from({ length: tile.vectors }, (_, v) => v);
  const { f, constants } = emission;
  const [lowest, zero, one] = [Number.NEGATIVE_INFINITY, 0, 1].map((x) => f.let(constants.float(x)));
  const tops = vectors.map(() => f.let(lowest));
  const totals = vectors.map(() => f.let(zero));
  const end = f.let(along(scores, keys, bytes));
  const at = f.local("i32");
  // A NaN is no top, and spreads in the sums.
  f.for(at, scores, end, bytes, () => {
    for (const v of vectors) f.set(tops[v], f32x4.pmax(tops[v], v128.load(at, 16 * v)));
  });
  // Nothing is subtracted from a column of −∞: ∞ − ∞ is no number.
  for (const top of tops) f.set(top, v128.andnot(top, f32x4.eq(top, lowest)));
  f.for(at, scores, end, bytes, () => {
    const weights: Vector[] = vectors.map((v) => f.let(exp(emission, f32x4.sub(v128.load(at, 16 * v), tops[v]))));
    for (const v of vectors) {
      f.do(v128.store(at, weights[v], 16 * v));
      f.set(totals[v], f32x4.add(totals[v], weights[v]));
    }
  });
  for (const v of vectors) {
    const total = v128.bitselect(one, totals[v], f32x4.eq(totals[v], zero));
    f.do(v128.store(factors, f32x4.div(one, total), 16 * v));
    f.do(v128.store(logs, f32x4.add(tops[v], logarithm(emission, totals[v], Math.LN2)), 16 * v));
  }
}
