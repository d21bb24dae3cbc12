/** Whether an engine computes rightly the way it was told to compile: what kernels do most, against plain arithmetic. */
import type { Module } from "./emit/index.ts";
import { f32x4, i32, v128 } from "./emit/index.ts";
import { multiplyTile } from "./kernels/products/microkernel.ts";
import { columnsOf, type Tile } from "./kernels/tile.ts";

/** Steps of K in the product: unrolled ones, and a rest. */
const DEPTH = 11;

/** Two neighbouring vectors of a·b + c, and one tile of a product of packed and of unpacked rows. */
export function writeCheck(module: Module, tile: Tile, relaxed: boolean): void {
  module.export("madd", { a: "i32" }, (f, { a }) => {
    const vectors = [0, 16].map((offset) => {
      const [x, y, z] = [0, 32, 64].map((row) => f.let(v128.load(a, row + offset)));
      const plain = f.let(f32x4.add(f32x4.mul(x, y), z));
      return [plain, relaxed ? f.let(f32x4.relaxedMadd(x, y, z)) : plain];
    });
    vectors.forEach(([plain, madd], v) => {
      f.do(v128.store(a, plain, 96 + 16 * v));
      f.do(v128.store(a, madd, 128 + 16 * v));
    });
  });
  for (const kind of ["packed", "inPlace"] as const) {
    module.export(kind, { a: "i32", b: "i32", c: "i32" }, (f, { a, b, c }) => {
      const addresses = Array.from({ length: tile.rows }, (_, row) => f.let(i32.add(a, row * DEPTH * 4)));
      multiplyTile(f, tile, relaxed, {
        a: kind === "packed" ? { kind, address: a } : { kind, addresses },
        b,
        depth: f.let(i32.const(DEPTH)),
        c,
        rowStride: f.let(i32.const(columnsOf(tile) * 4)),
        fresh: f.let(i32.const(1)),
      });
    });
  }
}

interface Check {
  madd(a: number): void;
  packed(a: number, b: number, c: number): void;
  inPlace(a: number, b: number, c: number): void;
}

/** Whether multiply-adds round once; `null` where a result is none of the possible ones. */
export function runCheck(module: WebAssembly.Module, tile: Tile, shared: boolean, relaxed: boolean): boolean | null {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
  const check = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Check;
  const words = new Float32Array(memory.buffer);
  if (!(multiplies(check, "packed", words, tile) && multiplies(check, "inPlace", words, tile))) return null;
  // x² − 1 = 2ε + ε²: the last term is lost where the product is rounded first.
  for (let i = 0; i < 8; i++) {
    const x = 1 + (2 * i + 1) * 2 ** -12;
    words[i] = x;
    words[8 + i] = x;
    words[16 + i] = -1;
  }
  check.madd(0);
  const results = Array.from({ length: 8 }, (_, i) => {
    const once = Math.fround(words[i] * words[i] - 1);
    const twice = Math.fround(Math.fround(words[i] * words[i]) - 1);
    const madd = words[32 + i];
    const right = words[24 + i] === twice && (madd === twice || (relaxed && madd === once));
    return { right, contracted: madd === once && once !== twice };
  });
  if (results.some((r) => !r.right)) return null;
  const contracted = results.filter((r) => r.contracted).length;
  return contracted === 0 ? false : contracted === results.length ? true : null;
}

/** Whether a tile of small whole numbers, whose products are exact, comes out right. */
function multiplies(check: Check, kind: "packed" | "inPlace", words: Float32Array, tile: Tile): boolean {
  const [rows, columns] = [tile.rows, columnsOf(tile)];
  const [a, b, c] = [0, 1024, 2048];
  const left = (row: number, k: number): number => ((row * 5 + k * 3) % 15) - 7;
  const right = (k: number, column: number): number => ((k * 7 + column * 11) % 13) - 6;
  for (let k = 0; k < DEPTH; k++) {
    for (let row = 0; row < rows; row++)
      words[a + (kind === "packed" ? k * rows + row : row * DEPTH + k)] = left(row, k);
    for (let column = 0; column < columns; column++) words[b + k * columns + column] = right(k, column);
  }
  check[kind](4 * a, 4 * b, 4 * c);
  for (let i = 0; i < rows * columns; i++) {
    let sum = 0;
    for (let k = 0; k < DEPTH; k++) sum += left(Math.floor(i / columns), k) * right(k, i % columns);
    if (words[c + i] !== sum) return false;
  }
  return true;
}
