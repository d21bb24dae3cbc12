/** Random bits from counters, as expressions of int32 operations: the same on every backend. */
import { apply, constant, type Expr } from "../plan/expr.ts";

export const int = (value: number): Expr => constant(value, "int32");
export const ints = (
  op: "add" | "sub" | "mul" | "bitAnd" | "bitOr" | "bitXor" | "shiftLeft" | "shiftRight",
  a: Expr,
  b: Expr,
): Expr => apply(op, "int32", a, b);

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * The first word of Threefry 2×32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3"): a block cipher of the counter (x0, x1) under the key (k0, k1).
 */
export function threefry(k0: Expr, k1: Expr, counter0: Expr, counter1: Expr): Expr {
  const keys = [k0, k1, ints("bitXor", ints("bitXor", k0, k1), int(0x1bd11bda))];
  let x0 = ints("add", counter0, k0);
  let x1 = ints("add", counter1, k1);
  for (let group = 0; group < 5; group++) {
    for (const bits of rotations[group % 2]) {
      x0 = ints("add", x0, x1);
      x1 = ints("bitXor", ints("bitOr", ints("shiftLeft", x1, int(bits)), ints("shiftRight", x1, int(32 - bits))), x0);
    }
    x0 = ints("add", x0, keys[(group + 1) % 3]);
    x1 = ints("add", x1, ints("add", keys[(group + 2) % 3], int(group + 1)));
  }
  return x0;
}

/** 24 random bits as a float32 in [0, 1). */
export function unitInterval(bits: Expr): Expr {
  const top = apply("cast", "float32", ints("shiftRight", bits, int(8)));
  return apply("mul", "float32", top, constant(2 ** -24, "float32"));
}

/** ⌊bits·range / 2³²⌋ of 32 random bits and an unsigned range: the upper word of a product, by halves of 16 bits. */
export function belowRange(bits: Expr, range: Expr): Expr {
  const high = (x: Expr): Expr => ints("shiftRight", x, int(16));
  const low = (x: Expr): Expr => ints("bitAnd", x, int(0xffff));
  const cross = ints("add", ints("mul", high(bits), low(range)), high(ints("mul", low(bits), low(range))));
  const carry = high(ints("add", low(cross), ints("mul", low(bits), high(range))));
  return ints("add", ints("add", ints("mul", high(bits), high(range)), high(cross)), carry);
}
