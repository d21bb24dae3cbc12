/** PyTorch's elementwise ops. */
import { clamp, type Tensor, type TensorLike, where } from "@tsuki/core";
import { type Call, type Mapping, named } from "./mapping.ts";

type Name =
  | "abs"
  | "ceil"
  | "cos"
  | "erf"
  | "exp"
  | "expm1"
  | "floor"
  | "isFinite"
  | "isInf"
  | "isNaN"
  | "log"
  | "log1p"
  | "neg"
  | "reciprocal"
  | "relu"
  | "rsqrt"
  | "sigmoid"
  | "sign"
  | "silu"
  | "sin"
  | "sqrt"
  | "square"
  | "tanh";

const unary =
  (name: Name) =>
  ({ inputs: [x] }: Call): Tensor =>
    (x as Tensor)[name]();

type BinaryName = "eq" | "ge" | "gt" | "le" | "logaddexp" | "lt" | "maximum" | "minimum" | "mul" | "ne" | "pow";

const binary =
  (name: BinaryName) =>
  ({ inputs: [x, y] }: Call): Tensor =>
    (x as Tensor)[name](y as TensorLike);

/** `alpha` scales the second operand. */
const scaled = (call: Call): TensorLike => {
  const { other, alpha } = named(call, "input", "other");
  if (alpha === undefined) return other as TensorLike;
  return typeof other === "number" ? other * (alpha as number) : (other as Tensor).mul(alpha as number);
};

const bounded = (call: Call, ...names: string[]): Tensor => {
  const { input, min, max } = named(call, "input", ...names);
  const bound = (given: typeof min): TensorLike | undefined => (given === null ? undefined : (given as TensorLike));
  return clamp(input as Tensor, { min: bound(min), max: bound(max) });
};

export const elementwise: Mapping = {
  abs: unary("abs"),
  add: (call) => (call.inputs[0] as Tensor).add(scaled(call)),
  ceil: unary("ceil"),
  clamp: (call) => bounded(call, "min", "max"),
  clamp_max: (call) => bounded(call, "max"),
  clamp_min: (call) => bounded(call, "min"),
  cos: unary("cos"),
  div: (call) => {
    const { input, other, rounding_mode: mode } = named(call, "input", "other");
    if (mode === "floor") return (input as Tensor).floorDivide(other as TensorLike);
    const quotient = (input as Tensor).div(other as TensorLike);
    return mode === "trunc" ? quotient.trunc() : quotient;
  },
  eq: binary("eq"),
  erf: unary("erf"),
  exp: unary("exp"),
  expm1: unary("expm1"),
  floor: unary("floor"),
  ge: binary("ge"),
  gt: binary("gt"),
  isfinite: unary("isFinite"),
  isinf: unary("isInf"),
  isnan: unary("isNaN"),
  le: binary("le"),
  log: unary("log"),
  log1p: unary("log1p"),
  logaddexp: binary("logaddexp"),
  lt: binary("lt"),
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  mul: binary("mul"),
  ne: binary("ne"),
  neg: unary("neg"),
  "nn.functional.gelu": (call) => {
    const { input, approximate } = named(call, "input");
    return (input as Tensor).gelu(approximate === undefined ? {} : { approximate: approximate as "none" | "tanh" });
  },
  "nn.functional.relu": unary("relu"),
  "nn.functional.silu": unary("silu"),
  "nn.functional.softplus": (call) => {
    const { input, ...options } = named(call, "input", "beta", "threshold");
    return (input as Tensor).softplus(options as { beta?: number; threshold?: number });
  },
  pow: binary("pow"),
  reciprocal: unary("reciprocal"),
  round: (call) => {
    const { input, decimals } = named(call, "input");
    return (input as Tensor).round(decimals === undefined ? {} : { decimals: decimals as number });
  },
  rsqrt: unary("rsqrt"),
  sigmoid: unary("sigmoid"),
  sign: unary("sign"),
  sin: unary("sin"),
  sqrt: unary("sqrt"),
  square: unary("square"),
  sub: (call) => (call.inputs[0] as Tensor).sub(scaled(call)),
  tanh: unary("tanh"),
  where: ({ inputs: [condition, x, y] }) => where(condition as Tensor, x as TensorLike, y as TensorLike),
};
