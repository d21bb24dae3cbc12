import { i32, type Module } from "../emit/index.ts";
import { ArgumentBlock } from "./arguments.ts";
import { axisWords, batchSize, moveToMatrix } from "./batch.ts";
import { align, blockingOf, panelsOf } from "./blocking.ts";
import { type Arg, type KernelCall, kernelParameters, type Launch } from "./kernel.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { PANELS_TOGETHER, packPanels } from "./pack.ts";
import { ceilingDivide, minimum, shareOf } from "./partition.ts";
import { forEachDepthBlock, multiplyRows, type ProductCode, productKey } from "./product.ts";
import { blocksOf, productArguments, productWords } from "./product-arguments.ts";
import { columnsOf } from "./tile.ts";

/** Most bytes of packed B at a time; wider products are made in strips of columns. */
const PACKED_BYTES = 1 << 25;

const block = new ArgumentBlock([...productWords, "matrices", "rank", "packed", "packedMatrix"]);

/**
 * A batch of products in two phases a strip of columns: the threads pack B together, `packed[matrix][block of K][panel]
 * [k][column]`, then share the rows of tiles.
 */
export function byRows(shape: MatmulShape, code: ProductCode): Launch {
  const { tile } = code;
  const matrices = batchSize(shape.axes);
  const width = columnsOf(tile);
  const panelBytes = matrices * Math.max(1, shape.depth) * width * 4;
  const strip = Math.max(PANELS_TOGETHER, Math.floor(PACKED_BYTES / panelBytes)) * width;
  const strips: MatmulShape[] = [];
  for (let column = 0; column < shape.columns; column += strip) {
    strips.push({
      ...shape,
      b: moved(shape.b, column * shape.bColumn),
      c: moved(shape.c, column * shape.cColumn),
      columns: Math.min(strip, shape.columns - column),
    });
  }
  const blocking = blockingOf(tile, shape.rows, 0, shape.depth);
  const phases = strips.flatMap((part) => {
    const words = block.fill({
      ...productArguments(part, tile, blocking),
      matrices,
      rank: part.axes.length,
      packed: { kind: "scratch", byteOffset: 0 },
      packedMatrix: part.depth * panelsOf(tile, part.columns) * width * 4,
    });
    const args = [...words, ...axisWords(part.axes)];
    const pack = call(`matmulPack:${tile.vectors}${code.b}`, args, emitPack, code);
    const multiply = call(`matmulRows:${productKey(code)}`, args, emitMultiply, code);
    return shape.depth > 0 ? [pack, multiply] : [multiply];
  });
  const sharedScratch = align(panelBytes * Math.min(strip / width, panelsOf(tile, shape.columns)));
  return { phases, sharedScratch, threadScratch: blocking.threadScratch };
}

type Emit = (module: Module, key: string, code: ProductCode) => void;

function call(key: string, args: readonly Arg[], emit: Emit, code: ProductCode): KernelCall {
  return { code: { key, emit: (module) => emit(module, key, code) }, args };
}

function moved(address: Arg, bytes: number): Arg {
  return address.kind === "address" ? { ...address, byteOffset: address.byteOffset + bytes } : address;
}

/** A unit of work is a few panels of one block of K of one matrix. */
function emitPack(module: Module, key: string, { tile, b: layout }: ProductCode): void {
  const width = columnsOf(tile);
  const unitColumns = PANELS_TOGETHER * width;
  module.export(key, kernelParameters, (f, { args, thread, threads }) => {
    const words = block.load(f, args);
    const axes = { words: f.let(i32.add(args, block.bytes)), rank: words.rank };
    const matrix = { a: f.local("i32"), b: f.local("i32"), c: f.local("i32") };
    const stripes = f.let(ceilingDivide(words.columns, unitColumns));
    const depthBlocks = f.let(ceilingDivide(words.depth, words.depthBlock));
    const share = shareOf(f, f.let(i32.mul(words.matrices, i32.mul(depthBlocks, stripes))), thread, threads);
    const unit = f.local("i32");
    f.for(unit, share.from, share.to, 1, () => {
      const column = f.let(i32.mul(i32.remU(unit, stripes), unitColumns));
      const block = f.let(i32.divU(unit, stripes));
      const k = f.let(i32.mul(i32.remU(block, depthBlocks), words.depthBlock));
      const index = f.let(i32.divU(block, depthBlocks));
      moveToMatrix(f, index, axes, words, matrix);
      const depth = f.let(minimum(i32.sub(words.depth, k), words.depthBlock));
      const before = i32.add(i32.mul(k, i32.mul(words.panels, width * 4)), i32.mul(i32.mul(column, depth), 4));
      packPanels(f, width, layout, {
        source: f.let(i32.add(matrix.b, i32.add(i32.mul(column, words.bColumn), i32.mul(k, words.bDepth)))),
        laneStride: words.bColumn,
        depthStride: words.bDepth,
        lanes: f.let(minimum(i32.sub(words.columns, column), i32.const(unitColumns))),
        depth,
        target: f.let(i32.add(i32.add(words.packed, i32.mul(index, words.packedMatrix)), before)),
      });
    });
  });
}

/** A unit of work is one row of tiles of one matrix. */
function emitMultiply(module: Module, key: string, code: ProductCode): void {
  const { tile } = code;
  module.export(key, kernelParameters, (f, { args, thread, threads }) => {
    const words = block.load(f, args);
    const blocks = blocksOf(f, words, thread);
    const axes = { words: f.let(i32.add(args, block.bytes)), rank: words.rank };
    const matrix = { a: f.local("i32"), b: f.local("i32"), c: f.local("i32") };
    const tileRows = f.let(ceilingDivide(words.rows, tile.rows));
    const share = shareOf(f, f.let(i32.mul(tileRows, words.matrices)), thread, threads);
    const unit = f.let(share.from);
    const firstColumn = f.let(i32.const(0));
    f.while(i32.ltS(unit, share.to), () => {
      const index = f.let(i32.divU(unit, tileRows));
      const tileRow = f.let(i32.remU(unit, tileRows));
      const count = f.let(minimum(i32.sub(share.to, unit), i32.sub(tileRows, tileRow)));
      const from = f.let(i32.mul(tileRow, tile.rows));
      const to = f.let(minimum(i32.add(from, i32.mul(count, tile.rows)), words.rows));
      moveToMatrix(f, index, axes, words, matrix);
      const packed = f.let(i32.add(words.packed, i32.mul(index, words.packedMatrix)));
      forEachDepthBlock(f, words.depth, words.depthBlock, (k, steps, fresh) => {
        const bPanels = f.let(i32.add(packed, i32.mul(k, i32.mul(words.panels, columnsOf(tile) * 4))));
        const { columns } = words;
        const rows = { from, to };
        multiplyRows(f, code, { ...words, ...matrix }, blocks, {
          k,
          steps,
          fresh,
          rows,
          firstColumn,
          columns,
          bPanels,
        });
      });
      f.advance(unit, count);
    });
  });
}
