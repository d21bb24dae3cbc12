import { unsigned } from "./bytes.ts";
import type { Binary, Effect, Load, Operand, Store, Ternary, Unary, Value, ValueType } from "./value.ts";
import { binary, effect, instruction, load, memoryArgument, operand, store, ternary, unary } from "./value.ts";

/** A vector instruction, by its number after the SIMD prefix. */
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

export type Vector = Value<"v128">;
/** Shifts every lane by the same number of bits (modulo the lane's width). */
export type Shift = (a: Vector, bits: Operand<"i32">) => Vector;
export type Extract<T extends ValueType> = (a: Vector, lane: number) => Value<T>;
export type Replace<T extends ValueType> = (a: Vector, lane: number, value: Operand<T>) => Vector;
export type LoadLane = (address: Operand<"i32">, a: Vector, lane: number, offset?: number) => Vector;
export type StoreLane = (address: Operand<"i32">, a: Vector, lane: number, offset?: number) => Effect;

/* @__NO_SIDE_EFFECTS__ */
export const unaryOp = (opcode: number): Unary<"v128"> => unary("v128", "v128", simd(opcode));
/* @__NO_SIDE_EFFECTS__ */
export const binaryOp = (opcode: number): Binary<"v128"> => binary("v128", "v128", simd(opcode));
/* @__NO_SIDE_EFFECTS__ */
export const ternaryOp = (opcode: number): Ternary<"v128"> => ternary("v128", simd(opcode));
/** From all lanes to one i32: tests and masks. */
/* @__NO_SIDE_EFFECTS__ */
export const test = (opcode: number): Unary<"v128", "i32"> => unary("v128", "i32", simd(opcode));
/* @__NO_SIDE_EFFECTS__ */
export const splat = <T extends ValueType>(type: T, opcode: number): Unary<T, "v128"> =>
  unary(type, "v128", simd(opcode));
/* @__NO_SIDE_EFFECTS__ */
export const loadOp = (opcode: number, bytes: number): Load<"v128"> => load("v128", simd(opcode), bytes);
/* @__NO_SIDE_EFFECTS__ */
export const storeOp = (opcode: number, bytes: number): Store<"v128"> => store("v128", simd(opcode), bytes);

/* @__NO_SIDE_EFFECTS__ */
export function shift(opcode: number): Shift {
  return (a, bits) => instruction("v128", simd(opcode), a, operand("i32", bits));
}

/* @__NO_SIDE_EFFECTS__ */
export function extract<T extends ValueType>(type: T, opcode: number): Extract<T> {
  return (a, lane) => instruction(type, [...simd(opcode), lane], a);
}

/* @__NO_SIDE_EFFECTS__ */
export function replace<T extends ValueType>(type: T, opcode: number): Replace<T> {
  return (a, lane, value) => instruction("v128", [...simd(opcode), lane], a, operand<T>(type, value));
}

/* @__NO_SIDE_EFFECTS__ */
export function loadLane(opcode: number, bytes: number): LoadLane {
  return (address, a, lane, offset = 0) =>
    instruction("v128", [...simd(opcode), ...memoryArgument(bytes, offset), lane], operand("i32", address), a);
}

/* @__NO_SIDE_EFFECTS__ */
export function storeLane(opcode: number, bytes: number): StoreLane {
  return (address, a, lane, offset = 0) =>
    effect([...simd(opcode), ...memoryArgument(bytes, offset), lane], operand("i32", address), a);
}

/** An instruction on two vectors with sixteen constant bytes. */
export function withBytes(opcode: number, bytes: readonly number[], ...inputs: Vector[]): Vector {
  return instruction("v128", [...simd(opcode), ...bytes], ...inputs);
}
