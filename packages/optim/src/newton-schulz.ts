import { ArgumentError, full, type Tensor, type Variable } from "@tsuki/core";
import { computeFloat, matrixShape } from "./matrices.ts";

/** a, b, c of X ← a·X + (b·A + c·A²)·X with A = X·Xᵀ: on singular values f(x) = a·x + b·x³ + c·x⁵. */
export type Coefficients = readonly [a: number, b: number, c: number];

/**
 * Coefficients by name. `keller`: Keller Jordan's, the same at every step (Moonlight, arXiv 2502.16982 §2.1). They
 * trade accuracy for speed: f has a repelling fixed point at 0.868, so after five steps singular values bounce within
 * [0.6818, 1.1344], and more steps do not bring them closer to 1.
 */
export const newtonSchulzCoefficients: Readonly<Record<"keller", Coefficients>> = {
  keller: [3.4445, -4.775, 2.0315],
};

export interface NewtonSchulzOptions {
  /** Iterations; default: 5, or as many as there are triples of coefficients. */
  readonly steps?: number;
  /** One triple, a list with one triple for each step, or the name of a set; default: `"keller"`. */
  readonly coefficients?: Coefficients | readonly Coefficients[] | keyof typeof newtonSchulzCoefficients;
  /** Added to the Frobenius norm, so that zero stays zero; default: 1e-7. */
  readonly eps?: number;
}

/**
 * Newton–Schulz iteration towards the polar factor: for G = U·diag(σ)·Vᵀ the result is U·diag(f⁵(σ / (‖G‖_F + eps)))·Vᵀ,
 * which is near U·Vᵀ (Moonlight, arXiv 2502.16982 §2.1; Keller Jordan's Muon).
 *
 * @param g `[..., rows, cols]`: every matrix of the leading axes is taken for itself, also its norm. Tall ones are
 *   transposed meanwhile, so that A is the smaller Gram matrix.
 * @returns The same shape and dtype.
 * @throws ShapeError below rank 2; ArgumentError where steps and coefficients do not go together.
 */
export function newtonSchulz(g: Tensor | Variable, options: NewtonSchulzOptions = {}): Tensor {
  const { rows, cols } = matrixShape("newtonSchulz", g);
  const dtype = computeFloat("newtonSchulz", g);
  const triples = coefficientsOf(options);
  const leaves = new Map(triples.map((triple) => [triple, triple.map((value) => full([], value, { dtype }))]));
  const tall = rows > cols;
  const wide = tall ? g.transpose() : g;
  const norm = wide
    .square()
    .sum({ axis: [-2, -1], keepDim: true })
    .sqrt();
  let x = wide.div(norm.add(options.eps ?? 1e-7));
  for (const triple of triples) {
    const [a, b, c] = leaves.get(triple) as Tensor[];
    const gram = x.matmul(x.transpose(), { symmetric: true });
    const polynomial = gram.mul(b).add(gram.matmul(gram, { symmetric: true }).mul(c));
    x = x.mul(a).add(polynomial.matmul(x));
  }
  return tall ? x.transpose() : x;
}

/** One triple for each step; a triple that serves several steps is one object. */
function coefficientsOf({ steps, coefficients = "keller" }: NewtonSchulzOptions): readonly Coefficients[] {
  if (steps !== undefined && !(Number.isInteger(steps) && steps >= 0)) {
    throw new ArgumentError(`newtonSchulz: steps is a whole number ≥ 0, not ${steps}`);
  }
  const given = typeof coefficients === "string" ? newtonSchulzCoefficients[coefficients] : coefficients;
  if (given === undefined) {
    const names = Object.keys(newtonSchulzCoefficients).join(", ");
    throw new ArgumentError(`newtonSchulz: no coefficients are named "${String(coefficients)}"; there are: ${names}`);
  }
  const triples = isTriple(given) ? Array.from({ length: steps ?? 5 }, () => given) : given;
  if (steps !== undefined && triples.length !== steps) {
    throw new ArgumentError(`newtonSchulz: ${triples.length} triples of coefficients for ${steps} steps`);
  }
  for (const triple of triples) {
    if (triple.length === 3 && triple.every(Number.isFinite)) continue;
    throw new ArgumentError(`newtonSchulz: coefficients are three finite numbers, not [${triple}]`);
  }
  return triples;
}

function isTriple(coefficients: Coefficients | readonly Coefficients[]): coefficients is Coefficients {
  return coefficients.length > 0 && typeof coefficients[0] === "number";
}
