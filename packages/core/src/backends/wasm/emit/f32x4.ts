/** Four lanes of 32-bit floats; comparisons give lanes of ones or zeros. */
import type { Extract, Replace } from "./simd.ts";
import { binaryOp, extract, replace, splat as splatOf, ternaryOp, unaryOp } from "./simd.ts";
import type { Binary, Ternary, Unary } from "./value.ts";

// Lanes
export const splat: Unary<"f32", "v128"> = splatOf("f32", 0x13);
export const extractLane: Extract<"f32"> = extract("f32", 0x1f);
export const replaceLane: Replace<"f32"> = replace("f32", 0x20);

// Comparisons
export const eq: Binary<"v128"> = binaryOp(0x41);
export const ne: Binary<"v128"> = binaryOp(0x42);
export const lt: Binary<"v128"> = binaryOp(0x43);
export const gt: Binary<"v128"> = binaryOp(0x44);
export const le: Binary<"v128"> = binaryOp(0x45);
export const ge: Binary<"v128"> = binaryOp(0x46);

// Arithmetic; `nearest` rounds half to even; `min` and `max` give NaN where either is NaN, `pmin(a, b)` is b < a ? b : a,
// `pmax(a, b)` is a < b ? b : a
export const ceil: Unary<"v128"> = unaryOp(0x67);
export const floor: Unary<"v128"> = unaryOp(0x68);
export const trunc: Unary<"v128"> = unaryOp(0x69);
export const nearest: Unary<"v128"> = unaryOp(0x6a);
export const abs: Unary<"v128"> = unaryOp(0xe0);
export const neg: Unary<"v128"> = unaryOp(0xe1);
export const sqrt: Unary<"v128"> = unaryOp(0xe3);
export const add: Binary<"v128"> = binaryOp(0xe4);
export const sub: Binary<"v128"> = binaryOp(0xe5);
export const mul: Binary<"v128"> = binaryOp(0xe6);
export const div: Binary<"v128"> = binaryOp(0xe7);
export const min: Binary<"v128"> = binaryOp(0xe8);
export const max: Binary<"v128"> = binaryOp(0xe9);
export const pmin: Binary<"v128"> = binaryOp(0xea);
export const pmax: Binary<"v128"> = binaryOp(0xeb);

// Conversions
export const convertI32x4S: Unary<"v128"> = unaryOp(0xfa);
export const convertI32x4U: Unary<"v128"> = unaryOp(0xfb);
export const demoteF64x2Zero: Unary<"v128"> = unaryOp(0x5e);

// Relaxed SIMD, where the engine has it: a·b + c and c − a·b, rounded once or twice as the machine does
export const relaxedMadd: Ternary<"v128"> = ternaryOp(0x105);
