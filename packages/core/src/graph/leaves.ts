import { type ComputeDType, type DType, dtypes, type TypedArray } from "../dtype.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import { defineOp, noKey, numberKey, type Op } from "./op.ts";
import { Node, type Result, type Tensor } from "./tensor.ts";

interface RunTimeNumber {
  readonly value: number;
  readonly shape: readonly number[];
}

/** A leaf: a number that a caller passed. It is data: another value is no other plan. */
export const numberOp: Op<RunTimeNumber> = defineOp<RunTimeNumber>({
  name: "number",
  key: ({ shape }) => [shape.length, ...shape],
  lower: () => [],
});

/**
 * @param op Named in errors.
 * @throws DTypeError where the number is none of the dtype; bool takes any number, true where it is not 0
 */
export function numberLeaf(
  given: number,
  dtype: ComputeDType,
  shape: readonly number[] = [],
  op: string = "tensor",
): Tensor {
  if (typeof given !== "number") throw new ArgumentError(`${op}: a number is needed, not ${String(given)}`);
  if (dtype === "int32" && given !== (given | 0)) {
    throw new DTypeError(`${op}: ${given} is no int32, and the tensor is int32; cast("float32") first`);
  }
  const value = dtype === "bool" ? Number(given !== 0) : given;
  return new Node(numberOp, [], { value, shape }, [{ shape, dtype }]).outputs[0];
}

/** The contents of a leaf that the host gave. */
export function hostContents({ node, result }: Tensor): TypedArray | null {
  if (node.op.id === numberOp.id) return Float64Array.of((node.attributes as RunTimeNumber).value);
  return result?.host ?? null;
}

interface Constant {
  readonly value: number;
  readonly dtype: ComputeDType;
  readonly shape: readonly number[];
}

/** A constant of an op's own definition: it is structure. */
const constantOp: Op<Constant> = defineOp<Constant>({
  name: "constant",
  key: ({ value, dtype, shape }) => [...numberKey(value), dtypes[dtype].id, ...shape],
  lower: (l, _inputs, { value, dtype, shape }) => [l.constant(value, dtype, shape)],
});

export function constantLeaf(value: number, dtype: ComputeDType, shape: readonly number[] = []): Tensor {
  return new Node(constantOp, [], { value, dtype, shape }, [{ shape, dtype }]).outputs[0];
}

/** A leaf whose contents the caller gave. */
const dataOp: Op<null> = defineOp<null>({ name: "data", key: noKey, lower: () => [] });

export function dataLeaf(result: Result, shape: readonly number[], dtype: DType): Tensor {
  const tensor = new Node(dataOp, [], null, [{ shape, dtype }]).outputs[0];
  tensor.result = result;
  return tensor;
}
