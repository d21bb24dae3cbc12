/** Four lanes of 32-bit integers; comparisons give lanes of ones or zeros. */
import type { Extract, Replace, Shift } from "./simd.ts";
import { binaryOp, extract, replace, shift, splat as splatOf, test, unaryOp } from "./simd.ts";
import type { Binary, Unary } from "./value.ts";

// Lanes
export const splat: Unary<"i32", "v128"> = splatOf("i32", 0x11);
export const extractLane: Extract<"i32"> = extract("i32", 0x1b);
export const replaceLane: Replace<"i32"> = replace("i32", 0x1c);

// Comparisons
export const eq: Binary<"v128"> = binaryOp(0x37);
export const ne: Binary<"v128"> = binaryOp(0x38);
export const ltS: Binary<"v128"> = binaryOp(0x39);
export const ltU: Binary<"v128"> = binaryOp(0x3a);
export const gtS: Binary<"v128"> = binaryOp(0x3b);
export const gtU: Binary<"v128"> = binaryOp(0x3c);
export const leS: Binary<"v128"> = binaryOp(0x3d);
export const leU: Binary<"v128"> = binaryOp(0x3e);
export const geS: Binary<"v128"> = binaryOp(0x3f);
export const geU: Binary<"v128"> = binaryOp(0x40);
export const allTrue: Unary<"v128", "i32"> = test(0xa3);
export const bitmask: Unary<"v128", "i32"> = test(0xa4);

// Arithmetic; `extend` widens the low or high lanes
export const abs: Unary<"v128"> = unaryOp(0xa0);
export const neg: Unary<"v128"> = unaryOp(0xa1);
export const extendLowI16x8S: Unary<"v128"> = unaryOp(0xa7);
export const extendHighI16x8S: Unary<"v128"> = unaryOp(0xa8);
export const extendLowI16x8U: Unary<"v128"> = unaryOp(0xa9);
export const extendHighI16x8U: Unary<"v128"> = unaryOp(0xaa);
export const shl: Shift = shift(0xab);
export const shrS: Shift = shift(0xac);
export const shrU: Shift = shift(0xad);
export const add: Binary<"v128"> = binaryOp(0xae);
export const sub: Binary<"v128"> = binaryOp(0xb1);
export const mul: Binary<"v128"> = binaryOp(0xb5);
export const minS: Binary<"v128"> = binaryOp(0xb6);
export const minU: Binary<"v128"> = binaryOp(0xb7);
export const maxS: Binary<"v128"> = binaryOp(0xb8);
export const maxU: Binary<"v128"> = binaryOp(0xb9);

// Conversions; they truncate and saturate, NaN gives 0
export const truncSatF32x4S: Unary<"v128"> = unaryOp(0xf8);
export const truncSatF32x4U: Unary<"v128"> = unaryOp(0xf9);
