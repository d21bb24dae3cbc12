import { type FunctionBuilder, i32, type Local } from "../emit/index.ts";
import { type Block, kernelCall, type Surroundings, type Words } from "./arguments.ts";
import { axisWords, batchSize, batchWords, matrixOf } from "./batch.ts";
import { align, blockingOf, panelsOf } from "./blocking.ts";
import type { Arg, KernelCall, Launch } from "./kernel.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { MIRROR_ROWS, mirror } from "./mirror.ts";
import { PANELS_TOGETHER, packPanels } from "./pack.ts";
import { ceilingDivide, forEachUnit, minimum } from "./partition.ts";
import { along } from "./place.ts";
import { forEachDepthBlock, layoutKey, multiplyRows, type ProductCode, productKey } from "./product.ts";
import { type BlockWord, blocksOf, blockWords, type ProductExtents } from "./product-arguments.ts";
import { columnsOf, type Tile } from "./tile.ts";

/** Most bytes of packed B at a time; wider products are made in strips of columns. */
const PACKED_BYTES = 1 << 25;

/** Lanes that are packed at a time, about. */
const STRIPE_LANES = 64;
/** Fewest rows of a unit of work, and units that there are where the rows allow. */
const FEWEST_ROWS = 32;
const UNITS = 8;

/**
 * A batch of products in two phases a strip of columns: the threads pack B together, `packed[matrix][block of K][panel]
 * [k][column]`, then share the rows; A too is packed once where it would be read across its rows. What is below a
 * symmetric C's diagonal follows in a last phase.
 */
export function byRows(shape: MatmulShape, code: ProductCode): Launch {
  const { tile } = code;
  const { axes, layouts: _, ...extents } = shape;
  const matrices = batchSize(axes);
  const width = columnsOf(tile);
  const panelBytes = matrices * Math.max(1, shape.depth) * width * 4;
  const strip = Math.max(PANELS_TOGETHER, Math.floor(PACKED_BYTES / panelBytes)) * width;
  const unitRows = Math.max(FEWEST_ROWS, Math.ceil((matrices * shape.rows) / UNITS));
  const blocking = blockingOf(tile, Math.min(shape.rows, unitRows), 0, shape.depth);
  const bBytes = align(panelBytes * Math.min(strip / width, panelsOf(tile, shape.columns)));
  const packedRows = shape.depth * Math.ceil(shape.rows / tile.rows) * tile.rows * 4;
  const packsA = code.a === "lanes" && matrices * packedRows <= PACKED_BYTES;
  const phases: KernelCall[] = [];
  for (let firstColumn = 0; firstColumn < shape.columns; firstColumn += strip) {
    const columns = Math.min(strip, shape.columns - firstColumn);
    const block: StripBlock = {
      ...extents,
      b: moved(shape.b, firstColumn * shape.bColumn),
      columns,
      ...blockWords(tile, columns, blocking),
      ...batchWords(axes),
      firstColumn,
      packed: { kind: "scratch", byteOffset: 0 },
      packedMatrix: shape.depth * panelsOf(tile, columns) * width * 4,
      rowsPacked: { kind: "scratch", byteOffset: bBytes },
      rowsPackedMatrix: packedRows,
      counter: { kind: "counter" },
    };
    const call = (key: string, write: Write): KernelCall => kernelCall(key, block, write, axisWords(axes));
    const sides = packsA && firstColumn === 0 ? "ab" : "b";
    const packKey = `matmulPack:${sides}:${code.concurrent ? "c" : ""}${tile.rows}x${width}`;
    if (shape.depth > 0) phases.push(call(`${packKey}:${layoutKey(code)}`, packer(code, sides)));
    phases.push(call(`matmulRows:${productKey(code)}${packsA ? ":packed" : ""}`, multiplier(code, packsA)));
  }
  if (code.symmetric) {
    const block: Block<BatchWord> = { ...extents, ...batchWords(axes), counter: { kind: "counter" } };
    phases.push(kernelCall(`mirror${code.concurrent ? "c" : ""}`, block, mirrorer(code), axisWords(axes)));
  }
  const aBytes = packsA ? align(matrices * packedRows) : 0;
  return { phases, sharedScratch: bBytes + aBytes, threadScratch: blocking.threadScratch };
}

type BatchWord = keyof ProductExtents | "matrices" | "rank" | "counter";
type PackedWord = "packed" | "packedMatrix" | "rowsPacked" | "rowsPackedMatrix";
type StripWord = BatchWord | BlockWord | PackedWord | "firstColumn";
type StripBlock = Block<StripWord>;
type Write<Word extends string = StripWord> = (
  f: FunctionBuilder,
  words: Words<Word>,
  surroundings: Surroundings<Word>,
) => void;

function moved(address: Arg, bytes: number): Arg {
  return address.kind === "address" ? { ...address, byteOffset: address.byteOffset + bytes } : address;
}

/** What is packed of an operand: its lanes are the columns of B, the rows of A. */
interface PackedSide {
  readonly operand: "a" | "b";
  readonly width: number;
  readonly lanes: Local<"i32">;
  readonly laneStride: Local<"i32">;
  readonly depthStride: Local<"i32">;
  readonly target: Local<"i32">;
  readonly matrixBytes: Local<"i32">;
}

function sidesOf(tile: Tile, words: Words<StripWord>, sides: "ab" | "b"): PackedSide[] {
  const b: PackedSide = {
    operand: "b",
    width: columnsOf(tile),
    lanes: words.columns,
    laneStride: words.bColumn,
    depthStride: words.bDepth,
    target: words.packed,
    matrixBytes: words.packedMatrix,
  };
  if (sides === "b") return [b];
  const a: PackedSide = {
    operand: "a",
    width: tile.rows,
    lanes: words.rows,
    laneStride: words.aRow,
    depthStride: words.aDepth,
    target: words.rowsPacked,
    matrixBytes: words.rowsPackedMatrix,
  };
  return [b, a];
}

/** A unit of work is a stripe of lanes, a few panels, of one block of K of one matrix; those of A follow those of B. */
function packer(code: ProductCode, sides: "ab" | "b"): Write {
  return (f, words, { thread, threads, addressOf, rest }) => {
    const matrix = matrixOf(f, words, rest);
    const depthBlocks = f.let(ceilingDivide(words.depth, words.depthBlock));
    const blocks = f.let(i32.mul(words.matrices, depthBlocks));
    const packed = sidesOf(code.tile, words, sides).map((side) => {
      const stripe = STRIPE_LANES - (STRIPE_LANES % side.width);
      return { ...side, stripe, stripes: f.let(ceilingDivide(side.lanes, stripe)) };
    });
    const total = f.let(i32.const(0));
    for (const { stripes } of packed) f.advance(total, i32.mul(blocks, stripes));
    const counter = code.concurrent ? addressOf("counter") : null;
    forEachUnit(f, { total, thread, threads, counter }, (unit) => {
      const at = f.let(unit);
      for (const { operand, width, lanes, laneStride, depthStride, target, matrixBytes, stripe, stripes } of packed) {
        const units = f.let(i32.mul(blocks, stripes));
        f.if(i32.ltU(at, units), () => {
          const lane = f.let(i32.mul(i32.remU(at, stripes), stripe));
          const block = f.let(i32.divU(at, stripes));
          const k = f.let(i32.mul(i32.remU(block, depthBlocks), words.depthBlock));
          const index = f.let(i32.divU(block, depthBlocks));
          matrix.select(index);
          const depth = f.let(minimum(i32.sub(words.depth, k), words.depthBlock));
          const blockBytes = i32.mul(ceilingDivide(lanes, width), width * 4);
          const before = along(i32.mul(k, blockBytes), i32.mul(lane, depth), 4);
          packPanels(f, width, code[operand], {
            stored: code.stored[operand],
            source: f.let(i32.add(matrix.addresses[operand], along(i32.mul(lane, laneStride), k, depthStride))),
            laneStride,
            depthStride,
            lanes: f.let(minimum(i32.sub(lanes, lane), i32.const(stripe))),
            depth,
            target: f.let(i32.add(along(target, index, matrixBytes), before)),
          });
        });
        // Units of the next side count from 0; what is done lies below.
        f.advance(at, i32.sub(i32.const(0), units));
      }
    });
  };
}

/** A unit of work is a block of rows of one matrix. */
function multiplier(code: ProductCode, packsA: boolean): Write {
  const { tile } = code;
  return (f, words, { thread, threads, addressOf, rest }) => {
    const blocks = blocksOf(f, words, thread);
    const matrix = matrixOf(f, words, rest);
    const rowBlocks = f.let(ceilingDivide(words.rows, words.rowBlock));
    const total = f.let(i32.mul(rowBlocks, words.matrices));
    const counter = code.concurrent ? addressOf("counter") : null;
    forEachUnit(f, { total, thread, threads, counter }, (unit) => {
      const index = f.let(i32.divU(unit, rowBlocks));
      const from = f.let(i32.mul(i32.remU(unit, rowBlocks), words.rowBlock));
      const rows = { from, to: f.let(minimum(i32.add(from, words.rowBlock), words.rows)) };
      matrix.select(index);
      const packed = f.let(along(words.packed, index, words.packedMatrix));
      const aPanels = (k: Local<"i32">, steps: Local<"i32">): Local<"i32"> => {
        const blockBytes = i32.mul(ceilingDivide(words.rows, tile.rows), tile.rows * 4);
        const before = along(i32.mul(k, blockBytes), i32.mul(from, steps), 4);
        return f.let(i32.add(along(words.rowsPacked, index, words.rowsPackedMatrix), before));
      };
      forEachDepthBlock(f, words.depth, words.depthBlock, (k, steps, fresh) => {
        const bPanels = f.let(along(packed, k, i32.mul(words.panels, columnsOf(tile) * 4)));
        const { columns, firstColumn } = words;
        const columnsPacked = {
          k,
          steps,
          fresh,
          rows,
          firstColumn,
          columns,
          bPanels,
          aPanels: packsA ? aPanels(k, steps) : null,
        };
        multiplyRows(f, code, { ...words, ...matrix.addresses }, blocks, columnsPacked);
      });
    });
  };
}

/** A unit of work is what is right of the diagonal in some rows of one matrix. */
function mirrorer(code: ProductCode): Write<BatchWord> {
  return (f, words, { thread, threads, addressOf, rest }) => {
    const matrix = matrixOf(f, words, rest);
    const rowBlocks = f.let(ceilingDivide(words.rows, MIRROR_ROWS));
    const total = f.let(i32.mul(rowBlocks, words.matrices));
    const counter = code.concurrent ? addressOf("counter") : null;
    forEachUnit(f, { total, thread, threads, counter }, (unit) => {
      const from = f.let(i32.mul(i32.remU(unit, rowBlocks), MIRROR_ROWS));
      matrix.select(f.let(i32.divU(unit, rowBlocks)));
      const to = f.let(minimum(i32.add(from, MIRROR_ROWS), words.rows));
      mirror(f, { ...words, ...matrix.addresses }, { from, to });
    });
  };
}
