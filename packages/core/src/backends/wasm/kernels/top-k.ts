import type { TopKKernel } from "../../../plan/plan.ts";
import {
  type FunctionBuilder,
  f32,
  i32,
  i32x4,
  type Local,
  type Module,
  select,
  type Value,
  v128,
} from "../emit/index.ts";
import { ArgumentBlock } from "./arguments.ts";
import { align } from "./blocking.ts";
import { kernelParameters, type Launch } from "./kernel.ts";
import { shareOf } from "./partition.ts";
import { addressOf, byteStride } from "./place.ts";

const block = new ArgumentBlock([
  "input",
  "inputRow",
  "inputStep",
  "values",
  "valuesRow",
  "valuesStep",
  "indices",
  "indicesRow",
  "indicesStep",
  "rows",
  "length",
  "k",
  "scratch",
  "threadScratch",
]);

/**
 * The k largest of each row (k ≤ length), by k passes over keys: integers that are ordered as the floats are, NaN above
 * +∞ and −0 as +0. A key that has been taken becomes the lowest integer, below the key of −∞.
 */
export function topK({ input, values, indices, rows, length, k }: TopKKernel): Launch {
  const threadScratch = align(length * 4);
  const args = block.fill({
    input: addressOf(input),
    inputRow: byteStride(input, 0),
    inputStep: byteStride(input, 1),
    values: addressOf(values),
    valuesRow: byteStride(values, 0),
    valuesStep: byteStride(values, 1),
    indices: addressOf(indices),
    indicesRow: byteStride(indices, 0),
    indicesStep: byteStride(indices, 1),
    rows,
    length,
    k,
    scratch: { kind: "scratch", byteOffset: 0, perThread: true },
    threadScratch,
  });
  return { phases: [{ code: { key: KEY, emit }, args }], sharedScratch: 0, threadScratch };
}

const KEY = "topK";
const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;

function emit(module: Module): void {
  module.export(KEY, kernelParameters, (f, { args, thread, threads }) => {
    const words = block.load(f, args);
    const keys = f.let(i32.add(words.scratch, i32.mul(thread, words.threadScratch)));
    const keyBytes = f.let(i32.and(i32.add(i32.mul(words.length, 4), 15), -16));
    const share = shareOf(f, words.rows, thread, threads);
    const [row, i, best, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    f.for(row, share.from, share.to, 1, () => {
      const input = f.let(i32.add(words.input, i32.mul(row, words.inputRow)));
      const values = f.let(i32.add(words.values, i32.mul(row, words.valuesRow)));
      const indices = f.let(i32.add(words.indices, i32.mul(row, words.indicesRow)));
      const element = (index: Value<"i32">): Value<"i32"> => i32.add(input, i32.mul(index, words.inputStep));

      f.for(i, 0, words.length, 1, () => {
        const value = f.let(f32.add(f32.load(element(i)), 0));
        f.do(i32.store(i32.add(keys, i32.shl(i, 2)), keyOf(f, value)));
      });
      f.for(i, i32.shl(words.length, 2), keyBytes, 4, () => f.do(i32.store(i32.add(keys, i), LOWEST)));

      const place = f.let(i32.const(0));
      f.for(place, 0, words.k, 1, () => {
        f.set(best, largest(f, keys, keyBytes));
        f.set(at, firstEqual(f, keys, best));
        f.do(i32.store(i32.add(keys, i32.shl(at, 2)), LOWEST));
        f.do(f32.store(i32.add(values, i32.mul(place, words.valuesStep)), f32.load(element(at))));
        f.do(i32.store(i32.add(indices, i32.mul(place, words.indicesStep)), at));
      });
    });
  });
}

function keyOf(f: FunctionBuilder, value: Local<"f32">): Value<"i32"> {
  const bits = f.let(i32.reinterpretF32(value));
  const ordered = i32.xor(bits, i32.shrU(i32.shrS(bits, 31), 1));
  return select(f32.ne(value, value), i32.const(HIGHEST), ordered);
}

/** The largest of a positive number of vectors of keys. */
function largest(f: FunctionBuilder, keys: Local<"i32">, bytes: Local<"i32">): Value<"i32"> {
  const lanes = f.let(i32x4.splat(LOWEST));
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
