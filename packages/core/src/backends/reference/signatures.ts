import type { ComputeDType } from "../../dtype.ts";
import type { ScalarOp } from "../../plan/expr.ts";

/** A type of an operation's input or output: `float` is float32 or float64, the same in all places. */
export type Operand = "float" | ComputeDType;

export interface Signature {
  readonly inputs: readonly Operand[];
  readonly output: Operand;
}

const unaryFloat = [same("float", 1)];
const binaryFloat = [same("float", 2)];
const unaryNumber = [same("float", 1), same("int32", 1)];
const binaryNumber = [same("float", 2), same("int32", 2)];
const binaryInt = [same("int32", 2)];
const equality = [comparison("float"), comparison("int32"), comparison("bool")];
const ordering = [comparison("float"), comparison("int32")];

/** The types on which each scalar operation is defined. */
export const signatures: Readonly<Record<ScalarOp, readonly Signature[]>> = {
  add: binaryNumber,
  sub: binaryNumber,
  mul: binaryNumber,
  div: binaryFloat,
  neg: unaryNumber,
  abs: unaryNumber,
  min: binaryNumber,
  max: binaryNumber,
  mulAdd: [same("float", 3)],
  sqrt: unaryFloat,
  exp: unaryFloat,
  expm1: unaryFloat,
  log: unaryFloat,
  log2: unaryFloat,
  log10: unaryFloat,
  pow: binaryFloat,
  sin: unaryFloat,
  cos: unaryFloat,
  atan2: binaryFloat,
  tanh: unaryFloat,
  sigmoid: unaryFloat,
  erf: unaryFloat,
  floor: unaryFloat,
  ceil: unaryFloat,
  round: unaryFloat,
  copySign: binaryFloat,
  rem: binaryFloat,
  floorDiv: binaryInt,
  mod: binaryInt,
  bitAnd: binaryInt,
  bitOr: binaryInt,
  bitXor: binaryInt,
  shiftLeft: binaryInt,
  shiftRight: binaryInt,
  eq: equality,
  ne: equality,
  lt: ordering,
  le: ordering,
  gt: ordering,
  ge: ordering,
  and: [same("bool", 2)],
  or: [same("bool", 2)],
  not: [same("bool", 1)],
  select: [selection("float"), selection("int32"), selection("bool")],
  cast: [
    conversion("float", "int32"),
    conversion("float", "bool"),
    conversion("int32", "float"),
    conversion("int32", "bool"),
    conversion("bool", "float"),
    conversion("bool", "int32"),
    conversion("float32", "float64"),
    conversion("float64", "float32"),
  ],
  bitcast: [conversion("float32", "int32"), conversion("int32", "float32")],
};

function same(type: Operand, count: number): Signature {
  return { inputs: new Array<Operand>(count).fill(type), output: type };
}

function comparison(type: Operand): Signature {
  return { inputs: [type, type], output: "bool" };
}

function selection(type: Operand): Signature {
  return { inputs: ["bool", type, type], output: type };
}

function conversion(from: Operand, to: Operand): Signature {
  return { inputs: [from], output: to };
}

/** Whether the operation is defined from these types to that one. */
export function accepts(op: ScalarOp, inputs: readonly ComputeDType[], output: ComputeDType): boolean {
  return signatures[op].some((signature) =>
    (["float32", "float64"] as const).some((float) => {
      const fits = (type: ComputeDType, operand: Operand): boolean => type === (operand === "float" ? float : operand);
      return (
        inputs.length === signature.inputs.length &&
        inputs.every((type, i) => fits(type, signature.inputs[i])) &&
        fits(output, signature.output)
      );
    }),
  );
}
