import type { Tensor, TensorLike } from "../graph/tensor.ts";
import type { Value } from "../plan/value.ts";
import { binary } from "./apply.ts";
import { mul, neg } from "./arithmetic.ts";
import { type Apply, elementwise, flat } from "./elementwise.ts";

/** The remainder with the sign of a, and where it is not that of b. */
function remainder(s: Apply, a: Value, b: Value): { rest: Value; differs: Value } {
  const rest = s("rem", a, b);
  return { rest, differs: s("and", s("ne", rest, 0), s("ne", s("lt", rest, 0), s("lt", b, 0))) };
}

/** ⌊a / b⌋ as the whole number that `mod` leaves; by 0, integers give 0 and floats a / b (NumPy). Gradient 0. */
export const floorDivide: (a: TensorLike, b: TensorLike) => Tensor = binary(
  elementwise(
    "floorDivide",
    (s, a, b) => {
      if (a.expr.dtype === "int32") return s("floorDiv", a, b);
      const { rest, differs } = remainder(s, a, b);
      const quotient = s("div", s("sub", a, rest), b);
      const floor = s("round", s("select", differs, s("sub", quotient, 1), quotient));
      const ratio = s("div", a, b);
      return s("select", s("eq", b, 0), ratio, s("copySign", floor, ratio));
    },
    flat,
  ),
);

/** a − b·⌊a / b⌋, exact, with the sign of b; by 0, integers give 0 and floats NaN (NumPy). */
export const mod: (a: TensorLike, b: TensorLike) => Tensor = binary(
  elementwise(
    "mod",
    (s, a, b) => {
      if (a.expr.dtype === "int32") return s("mod", a, b);
      const { rest, differs } = remainder(s, a, b);
      return s("select", differs, s("add", rest, b), s("copySign", rest, b));
    },
    (g, [a, b]) => [g, neg(mul(g, floorDivide(a, b)))],
  ),
);
