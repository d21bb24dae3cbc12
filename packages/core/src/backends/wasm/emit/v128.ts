/** Instructions on 128 bits, whatever their lanes hold. */
import type { LoadLane, StoreLane, Vector } from "./simd.ts";
import { binaryOp, loadLane, loadOp, storeLane, storeOp, ternaryOp, test, unaryOp, withBytes } from "./simd.ts";
import type { Binary, Load, Store, Ternary, Unary } from "./value.ts";

/** Four 32-bit lanes. */
function literal(a: number, b: number, c: number, d: number): Vector {
  return withBytes(0x0c, [...new Uint8Array(new Int32Array([a, b, c, d]).buffer)]);
}

export { literal as const };

/** Byte i of the result is byte `lanes[i]` of the 32 bytes of `a` and `b`. */
export function shuffle(a: Vector, b: Vector, lanes: readonly number[]): Vector {
  return withBytes(0x0d, lanes, a, b);
}

/** 32-bit lane i of the result is lane `lanes[i]` of the eight of `a` and `b`. */
export function shuffle32(a: Vector, b: Vector, lanes: readonly number[]): Vector {
  const bytes = lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));
  return shuffle(a, b, bytes);
}

// Memory
export const load: Load<"v128"> = loadOp(0x00, 16);
export const load8x8S: Load<"v128"> = loadOp(0x01, 8);
export const load8x8U: Load<"v128"> = loadOp(0x02, 8);
export const load16x4S: Load<"v128"> = loadOp(0x03, 8);
export const load16x4U: Load<"v128"> = loadOp(0x04, 8);
export const load8Splat: Load<"v128"> = loadOp(0x07, 1);
export const load16Splat: Load<"v128"> = loadOp(0x08, 2);
export const load32Splat: Load<"v128"> = loadOp(0x09, 4);
export const load64Splat: Load<"v128"> = loadOp(0x0a, 8);
export const load32Zero: Load<"v128"> = loadOp(0x5c, 4);
export const load64Zero: Load<"v128"> = loadOp(0x5d, 8);
export const store: Store<"v128"> = storeOp(0x0b, 16);

// Memory, one lane: the rest of the vector stays, or is not stored
export const load8Lane: LoadLane = loadLane(0x54, 1);
export const load16Lane: LoadLane = loadLane(0x55, 2);
export const load32Lane: LoadLane = loadLane(0x56, 4);
export const load64Lane: LoadLane = loadLane(0x57, 8);
export const store8Lane: StoreLane = storeLane(0x58, 1);
export const store16Lane: StoreLane = storeLane(0x59, 2);
export const store32Lane: StoreLane = storeLane(0x5a, 4);
export const store64Lane: StoreLane = storeLane(0x5b, 8);

// Bits; `andnot(a, b)` is a & ~b, `bitselect(a, b, mask)` takes `a` where the mask's bits are set
export const not: Unary<"v128"> = unaryOp(0x4d);
export const and: Binary<"v128"> = binaryOp(0x4e);
export const andnot: Binary<"v128"> = binaryOp(0x4f);
export const or: Binary<"v128"> = binaryOp(0x50);
export const xor: Binary<"v128"> = binaryOp(0x51);
export const bitselect: Ternary<"v128"> = ternaryOp(0x52);
export const anyTrue: Unary<"v128", "i32"> = test(0x53);
