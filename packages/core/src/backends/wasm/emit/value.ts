import { present } from "../../../invariant.ts";
import { float32, float64, signed, unsigned } from "./bytes.ts";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

/** An instruction with its inputs: they are evaluated from left to right, then `code` acts on their results. */
export interface Node {
  readonly inputs: readonly Node[];
  readonly code: readonly number[];
}

/**
 * An expression of a machine type. It is a tree and stands for its computation: used twice, it is computed twice, and
 * where it is used (`FunctionBuilder.let` keeps a result).
 */
export interface Value<T extends ValueType> extends Node {
  readonly type: T;
}

/** An instruction without a result, such as a store. */
export interface Effect extends Node {
  readonly type: "none";
}

/** A local variable or parameter of the function being built; as a value, what it holds. */
export interface Local<T extends ValueType> extends Value<T> {
  readonly index: number;
}

/** What an instruction takes: a JavaScript number is a constant. */
export type Operand<T extends ValueType> = Value<T> | (T extends "v128" ? never : number);

export type Unary<In extends ValueType, Out extends ValueType = In> = (a: Operand<In>) => Value<Out>;
export type Binary<In extends ValueType, Out extends ValueType = In> = (a: Operand<In>, b: Operand<In>) => Value<Out>;
export type Ternary<T extends ValueType> = (a: Operand<T>, b: Operand<T>, c: Operand<T>) => Value<T>;
/** Reads at `address + offset`; `offset` is a constant from 0 to 2³² − 1. */
export type Load<T extends ValueType> = (address: Operand<"i32">, offset?: number) => Value<T>;
/** Writes at `address + offset`. */
export type Store<T extends ValueType> = (address: Operand<"i32">, value: Operand<T>, offset?: number) => Effect;

const encodings: Readonly<Record<ValueType, (value: number) => number[]>> = {
  i32: (value) => [0x41, ...signed(value | 0)],
  i64: (value) => [0x42, ...signed(value)],
  f32: (value) => [0x43, ...float32(value)],
  f64: (value) => [0x44, ...float64(value)],
  // No operand of this type is a number.
  v128: () => present<number[]>(null),
};

export function constant<T extends ValueType>(type: T, value: number): Value<T> {
  return { type, inputs: [], code: encodings[type](value) };
}

/** The value itself, or the constant that a number stands for. */
export function operand<T extends ValueType>(type: T, value: Value<T> | number): Value<T> {
  return typeof value === "number" ? constant(type, value) : value;
}

export function instruction<T extends ValueType>(type: T, code: readonly number[], ...inputs: Node[]): Value<T> {
  return { type, inputs, code };
}

export function effect(code: readonly number[], ...inputs: Node[]): Effect {
  return { type: "none", inputs, code };
}

/* @__NO_SIDE_EFFECTS__ */
export function unary<In extends ValueType, Out extends ValueType>(
  from: In,
  to: Out,
  code: readonly number[],
): Unary<In, Out> {
  return (a) => instruction(to, code, operand(from, a));
}

/* @__NO_SIDE_EFFECTS__ */
export function binary<In extends ValueType, Out extends ValueType>(
  from: In,
  to: Out,
  code: readonly number[],
): Binary<In, Out> {
  return (a, b) => instruction(to, code, operand(from, a), operand(from, b));
}

/* @__NO_SIDE_EFFECTS__ */
export function ternary<T extends ValueType>(type: T, code: readonly number[]): Ternary<T> {
  return (a, b, c) => instruction(type, code, operand(type, a), operand(type, b), operand(type, c));
}

/** Alignment (a power of two, in bytes) and offset, as memory instructions carry them. */
export function memoryArgument(bytes: number, offset: number): number[] {
  return [...unsigned(Math.log2(bytes)), ...unsigned(offset)];
}

/* @__NO_SIDE_EFFECTS__ */
export function load<T extends ValueType>(type: T, code: readonly number[], bytes: number): Load<T> {
  return (address, offset = 0) =>
    instruction(type, [...code, ...memoryArgument(bytes, offset)], operand("i32", address));
}

/* @__NO_SIDE_EFFECTS__ */
export function store<T extends ValueType>(type: T, code: readonly number[], bytes: number): Store<T> {
  return (address, value, offset = 0) =>
    effect([...code, ...memoryArgument(bytes, offset)], operand("i32", address), operand(type, value));
}

/** `a` where `condition` is not 0, else `b`; both are computed. */
export function select<T extends ValueType>(condition: Operand<"i32">, a: Value<T>, b: Value<T>): Value<T> {
  return instruction(a.type, [0x1b], a, b, operand("i32", condition));
}
