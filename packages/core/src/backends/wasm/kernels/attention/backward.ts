import type { AttentionBackwardKernel } from "../../../../plan/plan.ts";
import type { Emission } from "../../codegen/emission.ts";
import { exp } from "../../codegen/exponential.ts";
import { type FunctionBuilder, f32, f32x4, i32, type Local, type Value, v128 } from "../../emit/index.ts";
import { kernelCall } from "../arguments.ts";
import { type KernelOptions, type Launch, nothing, onePhase } from "../kernel.ts";
import { counterWord, forEachUnit } from "../partition.ts";
import { addressesFrom, along, placeWords } from "../place.ts";
import { multiplyTile } from "../products/microkernel.ts";
import { columnsOf, type Tile } from "../tile.ts";
import {
  emissionOf,
  forEachPanel,
  forEachSeenTile,
  forEachVector,
  hideKeys,
  packFrom,
  type QueryBlock,
  queryBlock,
  type Sight,
  seenBy,
  sumOverKeys,
  type TileCode,
  tileTo,
  writeLanes,
  writeRows,
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

/**
 * Gradients of attention. A thread takes whole heads of keys, whose gradients it sums up over blocks of queries in rising
 * order: weights p and products e of a block are computed as in the forward kernel, then dq = e·k is written, and
 * dk += eᵀ·q and dv += pᵀ·dOut are summed in scratch.
 */
export function attentionBackward(kernel: AttentionBackwardKernel, options: KernelOptions): Launch {
  const { batch, heads, groups, queries, keys, width, valueWidth } = kernel;
  if (batch * heads * Math.max(queries, keys) === 0) return nothing;
  const { tile } = options;
  const blocks = attentionBlocks(kernel, options);
  const [lanes, rows] = [columnsOf(tile), tile.rows];
  const rowBytes = lanes * 4;
  const { q, k, v, dOut, dq, dk, dv } = kernel;
  const dense = isDense(q, k, v, dOut, dq, dk, dv);
  const layouts = packLayouts(dense);
  const keyRows = Math.ceil(keys / rows) * rows;
  const [keySumStride, valueSumStride] = [width, valueWidth].map((extent) => Math.ceil(extent / lanes) * rowBytes);
  const sumBytes = Math.ceil(width / rows) * rows * rowBytes;
  const scratch = cutScratch({
    queryPanels: blocks.panels * width * rowBytes,
    outPanels: blocks.panels * valueWidth * rowBytes,
    queryColumns: keySumStride * blocks.queries,
    outColumns: valueSumStride * blocks.queries,
    keyChannels: (sumBytes / lanes) * keys,
    weights: blocks.panels * keyRows * rowBytes,
    products: blocks.panels * keyRows * rowBytes,
    weightRows: blocks.panels * keyRows * rowBytes,
    productRows: blocks.panels * keyRows * rowBytes,
    sums: blocks.panels * sumBytes,
    scales: rowBytes,
    rowLogs: blocks.panels * rowBytes,
    rowDeltas: blocks.panels * rowBytes,
    keySums: keyRows * keySumStride,
    valueSums: keyRows * valueSumStride,
    keyTokens: keyRows * width * 4,
    valueTokens: keyRows * valueWidth * 4,
  });
  const block = {
    ...attentionWords(kernel),
    ...placeWords("dOut", dOut, ...axes),
    ...placeWords("logs", kernel.logSumExp, "Batch", "Head", "Token"),
    ...placeWords("deltas", kernel.delta, "Batch", "Head", "Token"),
    ...placeWords("dq", dq, ...axes),
    ...placeWords("dk", dk, ...axes),
    ...placeWords("dv", dv, ...axes),
    groups,
    units: batch * groups,
    ...counterWord,
    blockQueries: blocks.queries,
    scoreBytes: keyRows * rowBytes,
    sumBytes,
    keySumStride,
    valueSumStride,
    keyRows,
    ...scratch.words,
  };
  const key = `attentionBackward ${attentionKey(kernel, options, dense)}`;
  const call = kernelCall(key, block, (f, words, sharers) => {
    const at = scratch.locate(f, words, sharers.thread);
    const emission = emissionOf(f, options);
    const scale = scaleVector(f, kernel, words.scale);
    for (let vector = 0; vector < tile.vectors; vector++) f.do(v128.store(at.scales, scale, 16 * vector));
    const zero = f.let(emission.constants.float(0));
    const [head, first] = [f.local("i32"), f.local("i32")];
    forEachUnit(f, options, words.units, sharers, (unit) => {
      const [b, group] = [f.let(i32.divU(unit, words.groups)), f.let(i32.remU(unit, words.groups))];
      const ofHead = (name: "k" | "v" | "dk" | "dv"): Local<"i32"> =>
        f.let(i32.add(words[name], along(i32.mul(b, words[`${name}Batch`]), group, words[`${name}Head`])));
      const { tokens, channels } = layouts;
      const [keysOfHead, valuesOfHead] = [ofHead("k"), ofHead("v")];
      const { kToken, kChannel, vToken, vChannel, qToken, qChannel, dOutToken, dOutChannel } = words;
      packFrom(f, rows, tokens, keysOfHead, [kToken, kChannel], [words.keys, words.width], at.keyTokens);
      packFrom(f, rows, channels, keysOfHead, [kChannel, kToken], [words.width, words.keys], at.keyChannels);
      packFrom(f, rows, tokens, valuesOfHead, [vToken, vChannel], [words.keys, words.valueWidth], at.valueTokens);
      const keySumBytes = f.let(i32.mul(words.keyRows, words.keySumStride));
      const valueSumBytes = f.let(i32.mul(words.keyRows, words.valueSumStride));
      forEachVector(f, at.keySums, keySumBytes, (sum) => f.do(v128.store(sum, zero)));
      forEachVector(f, at.valueSums, valueSumBytes, (sum) => f.do(v128.store(sum, zero)));

      // Rows of weights and products: a key's, for all queries of a block.
      const rowStride = f.let(i32.mul(words.blockQueries, 4));
      const firstHead = i32.mul(group, words.sharing);
      f.for(head, firstHead, f.let(i32.add(firstHead, words.sharing)), 1, () => {
        f.for(first, 0, words.queries, words.blockQueries, () => {
          const taken = queryBlock(f, tile, words, first);
          const ofBlock = (name: "q" | "dOut" | "dq" | "logs" | "deltas"): Local<"i32"> => {
            const start = i32.add(i32.mul(b, words[`${name}Batch`]), i32.mul(head, words[`${name}Head`]));
            return f.let(i32.add(words[name], along(start, first, words[`${name}Token`])));
          };
          const queryStart = ofBlock("q");
          const outStart = ofBlock("dOut");
          const { queries: count } = taken;
          packFrom(f, lanes, tokens, queryStart, [qToken, qChannel], [count, words.width], at.queryPanels);
          packFrom(f, lanes, channels, queryStart, [qChannel, qToken], [words.width, count], at.queryColumns);
          packFrom(f, lanes, tokens, outStart, [dOutToken, dOutChannel], [count, words.valueWidth], at.outPanels);
          packFrom(f, lanes, channels, outStart, [dOutChannel, dOutToken], [words.valueWidth, count], at.outColumns);
          const panelBytes = f.let(i32.mul(words.width, rowBytes));
          const outPanelBytes = f.let(i32.mul(words.valueWidth, rowBytes));
          forEachVector(f, at.queryPanels, i32.mul(taken.panels, panelBytes), (vector) =>
            f.do(v128.store(vector, f32x4.mul(v128.load(vector), scale))),
          );
          takeRows(f, at.rowLogs, ofBlock("logs"), words.logsToken, taken, rowBytes, true);
          takeRows(f, at.rowDeltas, ofBlock("deltas"), words.deltasToken, taken, rowBytes, false);

          forEachSeenTile(f, tile, words, taken, (key, { index }) => {
            const target = f.let(along(i32.mul(index, words.scoreBytes), key, rowBytes));
            const keyTile = along(at.keyTokens, key, i32.mul(words.width, 4));
            const valueTile = along(at.valueTokens, key, i32.mul(words.valueWidth, 4));
            const columns = along(at.queryPanels, index, panelBytes);
            const outColumns = along(at.outPanels, index, outPanelBytes);
            tileTo(f, options, keyTile, columns, words.width, i32.add(at.weights, target));
            tileTo(f, options, valueTile, outColumns, words.valueWidth, i32.add(at.products, target));
          });

          forEachPanel(f, tile, words, taken, (panel) => {
            const from = f.let(along(at.weights, panel.index, words.scoreBytes));
            const tiles = i32.divU(i32.add(panel.seen, rows - 1), rows);
            const end = f.let(i32.mul(tiles, rows));
            hideKeys(emission, tile, words, taken, panel, from, end);
            weigh(emission, tile, {
              weights: from,
              products: f.let(along(at.products, panel.index, words.scoreBytes)),
              bytes: i32.mul(end, rowBytes),
              logs: f.let(along(at.rowLogs, panel.index, rowBytes)),
              deltas: f.let(along(at.rowDeltas, panel.index, rowBytes)),
              weightRows: f.let(along(at.weightRows, panel.first, 4)),
              productRows: f.let(along(at.productRows, panel.first, 4)),
              stride: rowStride,
            });
          });

          sumOverKeys(f, options, words, taken, {
            channels: at.keyChannels,
            count: words.width,
            weights: at.products,
            weightBytes: words.scoreBytes,
            sums: at.sums,
            sumBytes: words.sumBytes,
          });
          const target = ofBlock("dq");
          forEachPanel(f, tile, words, taken, (panel) => {
            writeLanes(f, tile, dense, {
              source: f.let(along(at.sums, panel.index, words.sumBytes)),
              factors: at.scales,
              lanes: panel.queries,
              channels: words.width,
              target: f.let(along(target, panel.first, words.dqToken)),
              laneStride: words.dqToken,
              channelStride: words.dqChannel,
            });
          });

          addRows(f, options, words, taken, {
            weights: at.productRows,
            weightStride: rowStride,
            columns: at.queryColumns,
            sums: at.keySums,
            sumStride: words.keySumStride,
          });
          addRows(f, options, words, taken, {
            weights: at.weightRows,
            weightStride: rowStride,
            columns: at.outColumns,
            sums: at.valueSums,
            sumStride: words.valueSumStride,
          });
        });
      });
      forEachVector(f, at.keySums, keySumBytes, (sum) => f.do(v128.store(sum, f32x4.mul(v128.load(sum), scale))));
      writeRows(f, dense, {
        source: at.keySums,
        stride: words.keySumStride,
        rows: words.keys,
        channels: words.width,
        target: ofHead("dk"),
        rowStride: words.dkToken,
        channelStride: words.dkChannel,
      });
      writeRows(f, dense, {
        source: at.valueSums,
        stride: words.valueSumStride,
        rows: words.keys,
        channels: words.valueWidth,
        target: ofHead("dv"),
        rowStride: words.dvToken,
        channelStride: words.dvChannel,
      });
    });
  });
  return onePhase(call, { threadScratch: scratch.bytes });
}

/**
 * Copies a number of each query of a block to the panels' lanes: 0 where there is no query, and for −∞ where that stands for
 * no key.
 */
function takeRows(
  f: FunctionBuilder,
  lanes: Local<"i32">,
  source: Local<"i32">,
  stride: Local<"i32">,
  { queries, panels }: { readonly queries: Local<"i32">; readonly panels: Local<"i32"> },
  panelBytes: number,
  lowestIsZero: boolean,
): void {
  const [from, to] = [f.let(source), f.let(lanes)];
  const lowest = f32.const(Number.NEGATIVE_INFINITY);
  const end = f.let(along(lanes, panels, panelBytes));
  const filled = f.let(along(lanes, queries, 4));
  const x = f.local("f32");
  f.while(i32.ltU(to, filled), () => {
    f.set(x, f32.load(from));
    if (lowestIsZero) f.if(f32.eq(x, lowest), () => f.set(x, f32.const(0)));
    f.do(f32.store(to, x));
    f.advance(from, stride);
    f.advance(to, 4);
  });
  f.while(i32.ltU(to, end), () => {
    f.do(f32.store(to, f32.const(0)));
    f.advance(to, 4);
  });
}

/** sums[key] += Σ over the block's queries that see the key of weight · row; rows are packed by columns. */
function addRows(
  f: FunctionBuilder,
  { tile, relaxed }: TileCode,
  words: Sight,
  { first, queries, seen }: QueryBlock,
  operands: Readonly<Record<"weights" | "weightStride" | "columns" | "sums" | "sumStride", Local<"i32">>>,
): void {
  const { weights, weightStride, columns, sums, sumStride } = operands;
  const lanes = columnsOf(tile);
  const rowBytes = lanes * 4;
  const continued = f.let(i32.const(0));
  const columnBytes = f.let(i32.mul(queries, rowBytes));
  const [key, from] = [f.local("i32"), f.let(i32.const(0))];
  f.for(key, 0, seen, tile.rows, () => {
    // Panels that see none of these keys are left out: the first ones.
    const seenByPanel = (): Local<"i32"> => seenBy(f, words, i32.add(i32.add(first, from), lanes - 1));
    const last = f.let(seenByPanel());
    f.while(i32.leS(last, key), () => {
      f.advance(from, lanes);
      f.set(last, seenByPanel());
    });
    const depth = f.let(i32.sub(queries, from));
    const row = f.let(i32.add(weights, along(i32.mul(from, 4), key, weightStride)));
    const column = f.let(along(columns, from, rowBytes));
    const target = f.let(along(sums, key, sumStride));
    const end = f.let(i32.add(target, sumStride));
    f.while(i32.ltU(target, end), () => {
      multiplyTile(f, tile, relaxed, {
        a: { kind: "inPlace", addresses: addressesFrom(f, row, weightStride, tile.rows) },
        b: f.let(column),
        depth,
        c: target,
        rowStride: sumStride,
        fresh: continued,
      });
      f.advance(column, columnBytes);
      f.advance(target, rowBytes);
    });
  });
}

type WeighedPanel = Readonly<
  Record<"weights" | "products" | "logs" | "deltas" | "weightRows" | "productRows" | "stride", Local<"i32">>
> & { readonly bytes: Value<"i32"> };

/**
 * Turns scores into weights p = exp(score − log), and products with dOut into e = p·(product − delta): both to rows, e also in
 * its place.
 */
function weigh(emission: Emission, tile: Tile, panel: WeighedPanel): void {
  const { f } = emission;
  const vectors = Array.from({ length: tile.vectors }, (_, v) => v);
  const [logs, deltas] = [panel.logs, panel.deltas].map((from) => vectors.map((v) => f.let(v128.load(from, 16 * v))));
  const end = f.let(i32.add(panel.weights, panel.bytes));
  const at = f.local("i32");
  const { products, weightRows, productRows, stride } = panel;
  f.for(at, panel.weights, end, columnsOf(tile) * 4, () => {
    const weights = vectors.map((v) => f.let(exp(emission, f32x4.sub(v128.load(at, 16 * v), logs[v]))));
    for (const v of vectors) f.do(v128.store(weightRows, weights[v], 16 * v));
    const differences = vectors.map((v) => f.let(f32x4.sub(v128.load(products, 16 * v), deltas[v])));
    const results = vectors.map((v) => f.let(f32x4.mul(weights[v], differences[v])));
    for (const v of vectors) f.do(v128.store(products, results[v], 16 * v));
    for (const v of vectors) f.do(v128.store(productRows, results[v], 16 * v));
    f.advance(products, columnsOf(tile) * 4);
    f.advance(weightRows, stride);
    f.advance(productRows, stride);
  });
}
