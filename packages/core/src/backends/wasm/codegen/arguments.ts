/** The order of the words in the argument block of a map or reduction; both the plan and the machine code use it. */
import type { Structure } from "./structure.ts";

export interface ArgumentWords {
  /** Rows (units of work that threads share). */
  readonly units: number;
  /** Elements of a row's vector axis. */
  readonly inner: number;
  /** Elements of a stretch of it. */
  readonly stretch: number;
  /** Length of the reduced axis, and of a block of it. */
  readonly length: number;
  readonly block: number;
  /** Address of the error word. */
  readonly error: number;
  extent(loop: number): number;
  /** Address of the operand's element at the origin (value, for an index). */
  base(operand: number): number;
  /** Bytes (elements, for an index) from one turn of a loop to the next. */
  stride(operand: number, loop: number): number;
  innerStride(operand: number): number;
  reducedStride(operand: number): number;
  /** Bytes from one index to the next. */
  gatherStride(gather: number): number;
  /** The highest index. */
  gatherLimit(gather: number): number;
  /** The check's number in the plan, plus 1. */
  check(check: number): number;
  /** Address of a run-time number. */
  number(ordinal: number): number;
}

export function argumentWords(structure: Structure): ArgumentWords {
  const { loops, operands, gathers, checks } = structure;
  const perOperand = 3 + loops;
  const firstOperand = 6 + loops;
  const firstGather = firstOperand + operands.length * perOperand;
  const firstCheck = firstGather + 2 * gathers;
  const firstNumber = firstCheck + checks;
  return {
    units: 0,
    inner: 1,
    stretch: 2,
    length: 3,
    block: 4,
    error: 5,
    extent: (loop) => 6 + loop,
    base: (operand) => firstOperand + operand * perOperand,
    innerStride: (operand) => firstOperand + operand * perOperand + 1,
    reducedStride: (operand) => firstOperand + operand * perOperand + 2,
    stride: (operand, loop) => firstOperand + operand * perOperand + 3 + loop,
    gatherStride: (gather) => firstGather + 2 * gather,
    gatherLimit: (gather) => firstGather + 2 * gather + 1,
    check: (check) => firstCheck + check,
    number: (ordinal) => firstNumber + ordinal,
  };
}
