import { type FunctionBuilder, i32, type Local, type Value, v128 } from "../../emit/index.ts";
import { kernelCall } from "../arguments.ts";
import { align } from "../blocking.ts";
import type { KernelCall } from "../kernel.ts";
import { shareOf } from "../partition.ts";
import { along } from "../place.ts";
import { keyAt, type SortBlock, type SortOrder, sortName } from "./sort-keys.ts";

/** Digits of a key, the lowest first, and bytes of the counters of one. */
const DIGITS = 4;
const COUNTERS = 256 * 4;
/** A key and its place. */
const PAIR = 8;

/** The counters of all digits, and the pairs of a row twice. */
export function radixScratch(length: number): number {
  return align(DIGITS * COUNTERS + 2 * PAIR * length);
}

/** The first k places in sorted order, by a stable counting sort of each digit; a digit that all keys share is skipped. */
export function radixSort(block: SortBlock, order: SortOrder): KernelCall {
  return kernelCall(sortName("radix", order), block, (f, words, { thread, threads }) => {
    const counters = f.let(along(words.scratch, thread, words.threadScratch));
    const bytes = f.let(i32.mul(words.length, PAIR));
    const share = shareOf(f, words.rows, thread, threads);
    const [row, i, key, from, to] = Array.from({ length: 5 }, () => f.local("i32"));
    /** Address of the counter of a key's digit. */
    const counter = (digit: number): Local<"i32"> => {
      const value = i32.and(i32.shrU(key, digit * 8), 255);
      return f.let(i32.add(i32.add(counters, digit * COUNTERS), i32.shl(value, 2)));
    };
    f.for(row, share.from, share.to, 1, () => {
      f.set(from, i32.add(counters, DIGITS * COUNTERS));
      f.set(to, i32.add(from, bytes));
      f.for(i, 0, DIGITS * COUNTERS, 16, () => f.do(v128.store(i32.add(counters, i), v128.const(0, 0, 0, 0))));
      const input = f.let(along(words.input, row, words.inputRow));
      const pair = f.let(from);
      f.for(i, 0, words.length, 1, () => {
        // Digits are read without a sign.
        f.set(key, i32.xor(keyAt(f, input, order), -(2 ** 31)));
        f.do(i32.store(pair, key));
        f.do(i32.store(pair, i, 4));
        for (let digit = 0; digit < DIGITS; digit++) add(f, counter(digit), 1);
        f.advance(pair, PAIR);
        f.advance(input, words.inputStep);
      });

      for (let digit = 0; digit < DIGITS; digit++) {
        f.set(key, i32.load(from));
        f.if(i32.ne(i32.load(counter(digit)), words.length), () => {
          startPlaces(f, i32.add(counters, digit * COUNTERS), to);
          const end = f.let(i32.add(from, bytes));
          f.for(i, from, end, PAIR, () => {
            f.set(key, i32.load(i));
            const place = counter(digit);
            const target = f.let(i32.load(place));
            f.do(i32.store(target, key));
            f.do(i32.store(target, i32.load(i, 4), 4));
            f.do(i32.store(place, i32.add(target, PAIR)));
          });
          f.set(i, from);
          f.set(from, to);
          f.set(to, i);
        });
      }

      const indices = f.let(along(words.indices, row, words.indicesRow));
      f.for(i, 0, words.k, 1, () => {
        f.do(i32.store(along(indices, i, words.indicesStep), i32.load(from, 4)));
        f.advance(from, PAIR);
      });
    });
  });
}

function add(f: FunctionBuilder, address: Local<"i32">, by: number): void {
  f.do(i32.store(address, i32.add(i32.load(address), by)));
}

/** Turns the counts of a digit's values into the addresses at which their pairs start. */
function startPlaces(f: FunctionBuilder, counters: Value<"i32">, to: Local<"i32">): void {
  const counter = f.let(counters);
  const end = f.let(i32.add(counter, COUNTERS));
  const place = f.let(to);
  f.repeat(
    () => {
      const count = f.let(i32.load(counter));
      f.do(i32.store(counter, place));
      f.advance(place, i32.mul(count, PAIR));
      f.advance(counter, 4);
    },
    i32.ltU(counter, end),
  );
}
