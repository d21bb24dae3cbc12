/** Two lanes of 64-bit floats; comparisons give lanes of ones or zeros. */
import type { Extract, Replace } from "./simd.ts";
import { binaryOp, extract, replace, splat as splatOf, unaryOp } from "./simd.ts";
import type { Binary, Unary } from "./value.ts";

// Lanes
export const splat: Unary<"f64", "v128"> = splatOf("f64", 0x14);
export const extractLane: Extract<"f64"> = extract("f64", 0x21);
export const replaceLane: Replace<"f64"> = replace("f64", 0x22);

// Comparisons
export const eq: Binary<"v128"> = binaryOp(0x47);
export const ne: Binary<"v128"> = binaryOp(0x48);
export const lt: Binary<"v128"> = binaryOp(0x49);
export const gt: Binary<"v128"> = binaryOp(0x4a);
export const le: Binary<"v128"> = binaryOp(0x4b);
export const ge: Binary<"v128"> = binaryOp(0x4c);

// Arithmetic; `pmin(a, b)` is b < a ? b : a, `pmax(a, b)` is a < b ? b : a
export const trunc: Unary<"v128"> = unaryOp(0x7a);
export const abs: Unary<"v128"> = unaryOp(0xec);
export const neg: Unary<"v128"> = unaryOp(0xed);
export const sqrt: Unary<"v128"> = unaryOp(0xef);
export const add: Binary<"v128"> = binaryOp(0xf0);
export const sub: Binary<"v128"> = binaryOp(0xf1);
export const mul: Binary<"v128"> = binaryOp(0xf2);
export const div: Binary<"v128"> = binaryOp(0xf3);
export const min: Binary<"v128"> = binaryOp(0xf4);
export const max: Binary<"v128"> = binaryOp(0xf5);
export const pmin: Binary<"v128"> = binaryOp(0xf6);
export const pmax: Binary<"v128"> = binaryOp(0xf7);

// Conversions, from the two low lanes
export const promoteLowF32x4: Unary<"v128"> = unaryOp(0x5f);
export const convertLowI32x4S: Unary<"v128"> = unaryOp(0xfe);
