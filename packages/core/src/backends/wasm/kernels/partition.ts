import { atomic, type FunctionBuilder, i32, type Local, type Operand, select, type Value } from "../emit/index.ts";
import type { Surroundings } from "./arguments.ts";
import type { KernelOptions } from "./kernel.ts";

/** Work is a line of units 0 … total − 1; every thread takes one run of it. */
export interface Share {
  readonly from: Local<"i32">;
  readonly to: Local<"i32">;
}

/** The smaller of two signed integers. */
export function minimum(a: Value<"i32">, b: Value<"i32">): Value<"i32"> {
  return select(i32.ltS(a, b), a, b);
}

/** ⌈a / divisor⌉ for a ≥ 0. */
export function ceilingDivide(a: Value<"i32">, divisor: Operand<"i32">): Value<"i32"> {
  return i32.divU(i32.add(a, i32.sub(divisor, 1)), divisor);
}

/** The thread's share of `total` units: sizes differ by at most one. */
export function shareOf(f: FunctionBuilder, total: Local<"i32">, thread: Local<"i32">, threads: Local<"i32">): Share {
  const each = f.let(i32.divU(total, threads));
  const longer = f.let(i32.remU(total, threads));
  const start = (index: Value<"i32">): Value<"i32"> => i32.add(i32.mul(each, index), minimum(index, longer));
  return { from: f.let(start(thread)), to: f.let(start(i32.add(thread, 1))) };
}

/** The word of a block from which concurrent threads take units of work one by one. */
export const counterWord = { counter: { kind: "counter" } } as const;

/** Who shares the units. */
export type Sharers = Pick<Surroundings<"counter">, "thread" | "threads" | "addressOf">;

/** Visits the thread's units of 0 … total − 1, rising: what it takes from the counter where threads are concurrent, else its share. */
export function forEachUnit(
  f: FunctionBuilder,
  { concurrent }: Pick<KernelOptions, "concurrent">,
  total: Local<"i32">,
  { thread, threads, addressOf }: Sharers,
  body: (unit: Local<"i32">) => void,
): void {
  if (!concurrent) {
    const share = shareOf(f, total, thread, threads);
    const unit = f.local("i32");
    f.for(unit, share.from, share.to, 1, () => body(unit));
    return;
  }
  const counter = f.let(addressOf("counter"));
  const unit = f.let(atomic.add(counter, 1));
  f.while(i32.ltS(unit, total), () => {
    body(unit);
    f.set(unit, atomic.add(counter, 1));
  });
  // Every thread comes once too often; the last of them leaves the word as it was.
  f.if(i32.eq(unit, i32.add(total, i32.sub(threads, 1))), () => f.do(atomic.store(counter, 0)));
}
