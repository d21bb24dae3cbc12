import { i32 } from "../../../packages/core/src/backends/wasm/emit/index.ts";
import { createEngine } from "../../../packages/core/src/backends/wasm/engine.ts";
import { multiplyTile } from "../../../packages/core/src/backends/wasm/kernels/products/microkernel.ts";
import { columnsOf } from "../../../packages/core/src/backends/wasm/kernels/tile.ts";
import type { Prepared } from "../protocol.ts";

/** Steps of K: both packed operands stay in the first cache. */
const depth = 192;
const calls = 20_000;

/**
 * The micro-kernel of matrix products on one thread, on operands in the first cache: what no product can exceed. Facts:
 * `gigaflop` of a repetition.
 */
export async function prepareCeiling(): Promise<Prepared> {
  const engine = await createEngine({ shared: false });
  const { tile, relaxed } = engine;
  const module = engine.module();
  module.export("multiply", { a: "i32", b: "i32", c: "i32", times: "i32" }, (f, { a, b, c, times }) => {
    const [steps, rowStride, fresh] = [depth, 4 * columnsOf(tile), 1].map((value) => f.let(i32.const(value)));
    const left = f.let(times);
    const [aAt, bAt] = [f.local("i32"), f.local("i32")];
    f.repeat(() => {
      f.set(aAt, a);
      f.set(bAt, b);
      multiplyTile(f, tile, relaxed, {
        a: { kind: "packed", address: aAt },
        b: bAt,
        depth: steps,
        c,
        rowStride,
        fresh,
      });
      f.set(left, i32.sub(left, 1));
    }, left);
  });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  new Float32Array(memory.buffer).fill(0.5);
  const compiled = await engine.compile(module);
  const { multiply } = new WebAssembly.Instance(compiled, { env: { memory } }).exports as {
    multiply(a: number, b: number, c: number, times: number): void;
  };
  const bBytes = depth * columnsOf(tile) * 4;
  const gigaflop = (2 * tile.rows * columnsOf(tile) * depth * calls) / 1e9;
  return { facts: { gigaflop }, run: () => multiply(bBytes, 0, 2 * bBytes, calls) };
}
