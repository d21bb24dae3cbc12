import { type FunctionBuilder, i32, i32x4, type Local, type Value, v128 } from "../../emit/index.ts";
import { kernelCall } from "../arguments.ts";
import { align } from "../blocking.ts";
import type { KernelCall } from "../kernel.ts";
import { shareOf } from "../partition.ts";
import { along } from "../place.ts";
import { keyAt, type SortBlock, type SortOrder, sortName } from "./sort-keys.ts";

/** Marks what has been taken. */
const TAKEN = -(2 ** 31);

/** The keys of a row. */
export function selectionScratch(length: number): number {
  return align(length * 4);
}

/** The first k places of floats in sorted order, by k passes over the keys of the row. */
export function selection(block: SortBlock, { isFloat, descending }: SortOrder): KernelCall {
  // The first in order has the largest key.
  const order = { isFloat, descending: !descending };
  return kernelCall(sortName("selection", { isFloat, descending }), block, (f, words, { thread, threads }) => {
    const keys = f.let(along(words.scratch, thread, words.threadScratch));
    const keyBytes = f.let(i32.and(i32.add(i32.mul(words.length, 4), 15), -16));
    const share = shareOf(f, words.rows, thread, threads);
    const [row, i, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
    f.for(row, share.from, share.to, 1, () => {
      const input = f.let(along(words.input, row, words.inputRow));
      const indices = f.let(along(words.indices, row, words.indicesRow));
      f.for(i, 0, words.length, 1, () => {
        const key = keyAt(f, along(input, i, words.inputStep), order);
        f.do(i32.store(i32.add(keys, i32.shl(i, 2)), key));
      });
      f.for(i, i32.shl(words.length, 2), keyBytes, 4, () => f.do(i32.store(i32.add(keys, i), TAKEN)));

      f.for(i, 0, words.k, 1, () => {
        f.set(at, firstEqual(f, keys, f.let(largest(f, keys, keyBytes))));
        f.do(i32.store(i32.add(keys, i32.shl(at, 2)), TAKEN));
        f.do(i32.store(along(indices, i, words.indicesStep), at));
      });
    });
  });
}

/** The largest of a positive number of vectors of keys. */
function largest(f: FunctionBuilder, keys: Local<"i32">, bytes: Local<"i32">): Value<"i32"> {
  const lanes = f.let(i32x4.splat(TAKEN));
  const offset = f.local("i32");
  f.for(offset, 0, bytes, 16, () => f.set(lanes, i32x4.maxS(lanes, v128.load(i32.add(keys, offset)))));
  f.set(lanes, i32x4.maxS(lanes, v128.shuffle32(lanes, lanes, [2, 3, 0, 1])));
  f.set(lanes, i32x4.maxS(lanes, v128.shuffle32(lanes, lanes, [1, 0, 3, 2])));
  return i32x4.extractLane(lanes, 0);
}

/** Index of the first key that equals `key`; there is one. */
function firstEqual(f: FunctionBuilder, keys: Local<"i32">, key: Local<"i32">): Value<"i32"> {
  const wanted = f.let(i32x4.splat(key));
  const offset = f.let(i32.const(-16));
  const mask = f.local("i32");
  f.repeat(() => {
    f.advance(offset, 16);
    f.set(mask, i32x4.bitmask(i32x4.eq(v128.load(i32.add(keys, offset)), wanted)));
  }, i32.eqz(mask));
  return i32.add(i32.shrU(offset, 2), i32.ctz(mask));
}
