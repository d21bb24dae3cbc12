/** Eight lanes of 16-bit integers; comparisons give lanes of ones or zeros. */
import type { Extract, Replace, Shift } from "./simd.ts";
import { binaryOp, extract, replace, shift, splat as splatOf, test, unaryOp } from "./simd.ts";
import type { Binary, Unary } from "./value.ts";

// Lanes
export const splat: Unary<"i32", "v128"> = splatOf("i32", 0x10);
export const extractLaneS: Extract<"i32"> = extract("i32", 0x18);
export const extractLaneU: Extract<"i32"> = extract("i32", 0x19);
export const replaceLane: Replace<"i32"> = replace("i32", 0x1a);

// Comparisons
export const eq: Binary<"v128"> = binaryOp(0x2d);
export const ne: Binary<"v128"> = binaryOp(0x2e);
export const ltS: Binary<"v128"> = binaryOp(0x2f);
export const ltU: Binary<"v128"> = binaryOp(0x30);
export const gtS: Binary<"v128"> = binaryOp(0x31);
export const gtU: Binary<"v128"> = binaryOp(0x32);
export const leS: Binary<"v128"> = binaryOp(0x33);
export const leU: Binary<"v128"> = binaryOp(0x34);
export const geS: Binary<"v128"> = binaryOp(0x35);
export const geU: Binary<"v128"> = binaryOp(0x36);
export const allTrue: Unary<"v128", "i32"> = test(0x83);
export const bitmask: Unary<"v128", "i32"> = test(0x84);

// Arithmetic; `narrow` saturates, `extend` widens the low or high lanes
export const abs: Unary<"v128"> = unaryOp(0x80);
export const neg: Unary<"v128"> = unaryOp(0x81);
export const narrowI32x4S: Binary<"v128"> = binaryOp(0x85);
export const narrowI32x4U: Binary<"v128"> = binaryOp(0x86);
export const extendLowI8x16S: Unary<"v128"> = unaryOp(0x87);
export const extendHighI8x16S: Unary<"v128"> = unaryOp(0x88);
export const extendLowI8x16U: Unary<"v128"> = unaryOp(0x89);
export const extendHighI8x16U: Unary<"v128"> = unaryOp(0x8a);
export const shl: Shift = shift(0x8b);
export const shrS: Shift = shift(0x8c);
export const shrU: Shift = shift(0x8d);
export const add: Binary<"v128"> = binaryOp(0x8e);
export const sub: Binary<"v128"> = binaryOp(0x91);
export const mul: Binary<"v128"> = binaryOp(0x95);
export const minS: Binary<"v128"> = binaryOp(0x96);
export const minU: Binary<"v128"> = binaryOp(0x97);
export const maxS: Binary<"v128"> = binaryOp(0x98);
export const maxU: Binary<"v128"> = binaryOp(0x99);
