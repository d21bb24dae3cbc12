import { type FunctionBuilder, i32 } from "../../emit/index.ts";
import { type Block, kernelCall, type Surroundings, type Words } from "../arguments.ts";
import { align, blockingOf, panelsOf } from "../blocking.ts";
import type { Arg, KernelCall, Launch } from "../kernel.ts";
import { ceilingDivide, counterWord, forEachUnit, minimum } from "../partition.ts";
import { along } from "../place.ts";
import { columnsOf } from "../tile.ts";
import { axisWords, batchSize, batchWords, matrixOf } from "./batch.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { MIRROR_ROWS, mirror } from "./mirror.ts";
import { PANELS_TOGETHER, packPanels } from "./pack.ts";
import { forEachDepthBlock, multiplyRows, type ProductCode, productKey } from "./product.ts";
import { type BlockWord, blocksOf, blockWords, type ProductExtents } from "./product-arguments.ts";

/** Most bytes of packed B at a time; wider products are made in strips of columns. */
const PACKED_BYTES = 1 << 25;

/** Fewest rows of a unit of work, and units that there are where the rows allow. */
const FEWEST_ROWS = 32;
const UNITS = 8;

/**
 * A batch of products in two phases a strip of columns: the threads pack B together, `packed[matrix][block of K][panel]
 * [k][column]`, then share the rows. What is below a symmetric C's diagonal follows in a last phase.
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
      ...counterWord,
    };
    const call = (key: string, write: Write): KernelCall => kernelCall(key, block, write, axisWords(axes));
    const packKey = `matmulPack:${code.concurrent ? "c" : ""}${width}:${code.b}:${code.stored.b}`;
    if (shape.depth > 0) phases.push(call(packKey, packer(code)));
    phases.push(call(`matmulRows:${productKey(code)}`, multiplier(code)));
  }
  if (code.symmetric) {
    const block: Block<BatchWord> = { ...extents, ...batchWords(axes), ...counterWord };
    phases.push(kernelCall(`mirror${code.concurrent ? "c" : ""}`, block, mirrorer(code), axisWords(axes)));
  }
  const sharedScratch = align(panelBytes * Math.min(strip / width, panelsOf(tile, shape.columns)));
  return { phases, sharedScratch, threadScratch: blocking.threadScratch };
}

type BatchWord = keyof ProductExtents | "matrices" | "rank" | "counter";
type StripWord = BatchWord | BlockWord | "firstColumn" | "packed" | "packedMatrix";
type StripBlock = Block<StripWord>;
type Write<Word extends string = StripWord> = (
  f: FunctionBuilder,
  words: Words<Word>,
  surroundings: Surroundings<Word>,
) => void;

function moved(address: Arg, bytes: number): Arg {
  return address.kind === "address" ? { ...address, byteOffset: address.byteOffset + bytes } : address;
}

/** A unit of work is a few panels of one block of K of one matrix. */
function packer(code: ProductCode): Write {
  const { tile, b: layout, stored } = code;
  const width = columnsOf(tile);
  const unitColumns = PANELS_TOGETHER * width;
  return (f, words, surroundings) => {
    const matrix = matrixOf(f, words, surroundings.rest);
    const stripes = f.let(ceilingDivide(words.columns, unitColumns));
    const depthBlocks = f.let(ceilingDivide(words.depth, words.depthBlock));
    const total = f.let(i32.mul(words.matrices, i32.mul(depthBlocks, stripes)));
    forEachUnit(f, code, total, surroundings, (unit) => {
      const column = f.let(i32.mul(i32.remU(unit, stripes), unitColumns));
      const block = f.let(i32.divU(unit, stripes));
      const k = f.let(i32.mul(i32.remU(block, depthBlocks), words.depthBlock));
      const index = f.let(i32.divU(block, depthBlocks));
      matrix.select(index);
      const depth = f.let(minimum(i32.sub(words.depth, k), words.depthBlock));
      const before = along(i32.mul(k, i32.mul(words.panels, width * 4)), i32.mul(column, depth), 4);
      packPanels(f, width, layout, {
        stored: stored.b,
        source: f.let(i32.add(matrix.addresses.b, along(i32.mul(column, words.bColumn), k, words.bDepth))),
        laneStride: words.bColumn,
        depthStride: words.bDepth,
        lanes: f.let(minimum(i32.sub(words.columns, column), i32.const(unitColumns))),
        depth,
        target: f.let(i32.add(along(words.packed, index, words.packedMatrix), before)),
      });
    });
  };
}

/** A unit of work is a block of rows of one matrix. */
function multiplier(code: ProductCode): Write {
  const { tile } = code;
  return (f, words, surroundings) => {
    const blocks = blocksOf(f, words, surroundings.thread);
    const matrix = matrixOf(f, words, surroundings.rest);
    const rowBlocks = f.let(ceilingDivide(words.rows, words.rowBlock));
    const total = f.let(i32.mul(rowBlocks, words.matrices));
    forEachUnit(f, code, total, surroundings, (unit) => {
      const index = f.let(i32.divU(unit, rowBlocks));
      const from = f.let(i32.mul(i32.remU(unit, rowBlocks), words.rowBlock));
      const rows = { from, to: f.let(minimum(i32.add(from, words.rowBlock), words.rows)) };
      matrix.select(index);
      const packed = f.let(along(words.packed, index, words.packedMatrix));
      forEachDepthBlock(f, words.depth, words.depthBlock, (k, steps, fresh) => {
        const bPanels = f.let(along(packed, k, i32.mul(words.panels, columnsOf(tile) * 4)));
        const { columns, firstColumn } = words;
        const columnsPacked = { k, steps, fresh, rows, firstColumn, columns, bPanels };
        multiplyRows(f, code, { ...words, ...matrix.addresses }, blocks, columnsPacked);
      });
    });
  };
}

/** A unit of work is what is right of the diagonal in some rows of one matrix. */
function mirrorer(code: ProductCode): Write<BatchWord> {
  return (f, words, surroundings) => {
    const matrix = matrixOf(f, words, surroundings.rest);
    const rowBlocks = f.let(ceilingDivide(words.rows, MIRROR_ROWS));
    const total = f.let(i32.mul(rowBlocks, words.matrices));
    forEachUnit(f, code, total, surroundings, (unit) => {
      const from = f.let(i32.mul(i32.remU(unit, rowBlocks), MIRROR_ROWS));
      matrix.select(f.let(i32.divU(unit, rowBlocks)));
      const to = f.let(minimum(i32.add(from, MIRROR_ROWS), words.rows));
      mirror(f, { ...words, ...matrix.addresses }, { from, to });
    });
  };
}
