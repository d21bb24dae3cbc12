import { type FunctionBuilder, i32 } from "../emit/index.ts";
import { type Block, kernelCall, type Surroundings, type Words } from "./arguments.ts";
import { axisWords, batchSize, batchWords, matrixOf } from "./batch.ts";
import { align, blockingOf, panelsOf } from "./blocking.ts";
import type { Arg, Launch } from "./kernel.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { PANELS_TOGETHER, packPanels } from "./pack.ts";
import { ceilingDivide, minimum, shareOf } from "./partition.ts";
import { along } from "./place.ts";
import { forEachDepthBlock, multiplyRows, type ProductCode, productKey } from "./product.ts";
import { type BlockWord, blocksOf, blockWords, type ProductExtents } from "./product-arguments.ts";
import { columnsOf } from "./tile.ts";

/** Most bytes of packed B at a time; wider products are made in strips of columns. */
const PACKED_BYTES = 1 << 25;

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
  const phases = strips.flatMap(({ axes, layouts, ...extents }) => {
    const { columns, depth } = extents;
    const block: StripBlock = {
      ...extents,
      ...blockWords(tile, columns, blocking),
      ...batchWords(axes),
      packed: { kind: "scratch", byteOffset: 0 },
      packedMatrix: depth * panelsOf(tile, columns) * width * 4,
    };
    const pack = kernelCall(`matmulPack:${tile.vectors}${code.b}`, block, packer(code), axisWords(axes));
    const multiply = kernelCall(`matmulRows:${productKey(code)}`, block, multiplier(code), axisWords(axes));
    return depth > 0 ? [pack, multiply] : [multiply];
  });
  const sharedScratch = align(panelBytes * Math.min(strip / width, panelsOf(tile, shape.columns)));
  return { phases, sharedScratch, threadScratch: blocking.threadScratch };
}

type StripWord = keyof ProductExtents | BlockWord | "matrices" | "rank" | "packed" | "packedMatrix";
type StripBlock = Block<StripWord>;
type Write = (f: FunctionBuilder, words: Words<StripWord>, surroundings: Surroundings) => void;

function moved(address: Arg, bytes: number): Arg {
  return address.kind === "address" ? { ...address, byteOffset: address.byteOffset + bytes } : address;
}

/** A unit of work is a few panels of one block of K of one matrix. */
function packer({ tile, b: layout }: ProductCode): Write {
  const width = columnsOf(tile);
  const unitColumns = PANELS_TOGETHER * width;
  return (f, words, { thread, threads, rest }) => {
    const matrix = matrixOf(f, words, rest);
    const stripes = f.let(ceilingDivide(words.columns, unitColumns));
    const depthBlocks = f.let(ceilingDivide(words.depth, words.depthBlock));
    const share = shareOf(f, f.let(i32.mul(words.matrices, i32.mul(depthBlocks, stripes))), thread, threads);
    const unit = f.local("i32");
    f.for(unit, share.from, share.to, 1, () => {
      const column = f.let(i32.mul(i32.remU(unit, stripes), unitColumns));
      const block = f.let(i32.divU(unit, stripes));
      const k = f.let(i32.mul(i32.remU(block, depthBlocks), words.depthBlock));
      const index = f.let(i32.divU(block, depthBlocks));
      matrix.select(index);
      const depth = f.let(minimum(i32.sub(words.depth, k), words.depthBlock));
      const before = along(i32.mul(k, i32.mul(words.panels, width * 4)), i32.mul(column, depth), 4);
      packPanels(f, width, layout, {
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

/** A unit of work is one row of tiles of one matrix. */
function multiplier(code: ProductCode): Write {
  const { tile } = code;
  return (f, words, { thread, threads, rest }) => {
    const blocks = blocksOf(f, words, thread);
    const matrix = matrixOf(f, words, rest);
    const tileRows = f.let(ceilingDivide(words.rows, tile.rows));
    const share = shareOf(f, f.let(i32.mul(tileRows, words.matrices)), thread, threads);
    const unit = f.let(share.from);
    const firstColumn = f.let(i32.const(0));
    f.while(i32.ltS(unit, share.to), () => {
      const index = f.let(i32.divU(unit, tileRows));
      const tileRow = f.let(i32.remU(unit, tileRows));
      const count = f.let(minimum(i32.sub(share.to, unit), i32.sub(tileRows, tileRow)));
      const from = f.let(i32.mul(tileRow, tile.rows));
      const to = f.let(minimum(along(from, count, tile.rows), words.rows));
      matrix.select(index);
      const packed = f.let(along(words.packed, index, words.packedMatrix));
      forEachDepthBlock(f, words.depth, words.depthBlock, (k, steps, fresh) => {
        const bPanels = f.let(along(packed, k, i32.mul(words.panels, columnsOf(tile) * 4)));
        const { columns } = words;
        const rows = { from, to };
        multiplyRows(f, code, { ...words, ...matrix.addresses }, blocks, {
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
  };
}
