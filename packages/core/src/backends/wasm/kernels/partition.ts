import { type FunctionBuilder, i32, type Local, type Operand, select, type Value } from "../emit/index.ts";

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
