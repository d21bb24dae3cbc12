/** Sixteen lanes of 8-bit integers; comparisons give lanes of ones or zeros. */
import type { Extract, Replace, Shift } from "./simd.ts";
import { binaryOp, extract, replace, shift, splat as splatOf, test, unaryOp } from "./simd.ts";
import type { Binary, Unary } from "./value.ts";

// Lanes
export const splat: Unary<"i32", "v128"> = splatOf("i32", 0x0f);
export const extractLaneS: Extract<"i32"> = extract("i32", 0x15);
export const extractLaneU: Extract<"i32"> = extract("i32", 0x16);
export const replaceLane: Replace<"i32"> = replace("i32", 0x17);
export const swizzle: Binary<"v128"> = binaryOp(0x0e);

// Comparisons
export const eq: Binary<"v128"> = binaryOp(0x23);
export const ne: Binary<"v128"> = binaryOp(0x24);
export const ltS: Binary<"v128"> = binaryOp(0x25);
export const ltU: Binary<"v128"> = binaryOp(0x26);
export const gtS: Binary<"v128"> = binaryOp(0x27);
export const gtU: Binary<"v128"> = binaryOp(0x28);
export const leS: Binary<"v128"> = binaryOp(0x29);
export const leU: Binary<"v128"> = binaryOp(0x2a);
export const geS: Binary<"v128"> = binaryOp(0x2b);
export const geU: Binary<"v128"> = binaryOp(0x2c);
export const allTrue: Unary<"v128", "i32"> = test(0x63);
export const bitmask: Unary<"v128", "i32"> = test(0x64);

// Arithmetic; `narrow` saturates, the lanes of the first operand come first
export const abs: Unary<"v128"> = unaryOp(0x60);
export const neg: Unary<"v128"> = unaryOp(0x61);
export const narrowI16x8S: Binary<"v128"> = binaryOp(0x65);
export const narrowI16x8U: Binary<"v128"> = binaryOp(0x66);
export const shl: Shift = shift(0x6b);
export const shrS: Shift = shift(0x6c);
export const shrU: Shift = shift(0x6d);
export const add: Binary<"v128"> = binaryOp(0x6e);
export const sub: Binary<"v128"> = binaryOp(0x71);
export const minS: Binary<"v128"> = binaryOp(0x76);
export const minU: Binary<"v128"> = binaryOp(0x77);
export const maxS: Binary<"v128"> = binaryOp(0x78);
export const maxU: Binary<"v128"> = binaryOp(0x79);
