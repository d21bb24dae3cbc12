import { ArgumentError, checkOptions, full, shown, type Tensor, type Variable } from "@tsuki/core";
import { checkChoice, checkCount, checkNumber } from "./checks.ts";
import { computeFloat, matrixShape } from "./matrices.ts";
import { type CoefficientSet, type Coefficients, newtonSchulzCoefficients } from "./newton-schulz-coefficients.ts";

export interface NewtonSchulzOptions {
  /**
   * Iterations; default: those of the named set, as many as a list has triples, 5 for one triple. Of a longer list the
   * first ones are taken; where it is shorter, its last triple serves all further steps.
   */
  readonly steps?: number;
  /** One triple, a list with one triple for each step, or the name of a set; default: `"keller"`. */
  readonly coefficients?: Coefficients | readonly Coefficients[] | keyof typeof newtonSchulzCoefficients;
  /** Added to the Frobenius norm, so that zero stays zero; default: 1e-7, or that of the named set. */
  readonly eps?: number;
}

/**
 * Newton–Schulz iteration towards the polar factor: for G = U·diag(σ)·Vᵀ the result is U·diag(f(σ / (‖G‖_F + eps)))·Vᵀ,
 * f one polynomial a·x + b·x³ + c·x⁵ after another, which is near U·Vᵀ (Moonlight, arXiv 2502.16982 §2.1; Keller
 * Jordan's Muon). `newtonSchulzCoefficients` says how near.
 *
 * @param g `[..., rows, cols]`: every matrix of the leading axes is taken for itself, also its norm. Tall ones are
 *   transposed meanwhile, so that A is the smaller Gram matrix.
 * @returns The same shape and dtype.
 * @throws ShapeError below rank 2; ArgumentError where an option makes no sense.
 */
export function newtonSchulz(g: Tensor | Variable, options: NewtonSchulzOptions = {}): Tensor {
  const { rows, cols } = matrixShape("newtonSchulz", g);
  const dtype = computeFloat("newtonSchulz", g);
  const { triples, normFactor = 1, eps = 1e-7 } = iterationOf(options);
  const leaves = new Map(triples.map((triple) => [triple, triple.map((value) => full([], value, { dtype }))]));
  const tall = rows > cols;
  const wide = tall ? g.transpose() : g;
  const norm = wide
    .square()
    .sum({ axis: [-2, -1], keepDim: true })
    .sqrt();
  let x = wide.div((normFactor === 1 ? norm : norm.mul(normFactor)).add(eps));
  for (const triple of triples) {
    const [a, b, c] = leaves.get(triple) as Tensor[];
    const gram = x.matmul(x.transpose(), { symmetric: true });
    const linear = gram.mul(b);
    const polynomial = triple[2] === 0 ? linear : linear.add(gram.matmul(gram, { symmetric: true }).mul(c));
    x = x.mul(a).add(polynomial.matmul(x));
  }
  return tall ? x.transpose() : x;
}

/**
 * The options as a set with one triple for each step; a triple that serves several steps is one object.
 *
 * @throws ArgumentError that names the option
 */
export function iterationOf(options: NewtonSchulzOptions): CoefficientSet {
  checkOptions("newtonSchulz", options, "steps", "coefficients", "eps");
  const { coefficients = "keller" } = options;
  const set = setOf(coefficients);
  const { triples } = set;
  const { steps = set.steps ?? triples.length, eps = set.eps } = options;
  checkCount("newtonSchulz", "steps", steps);
  if (eps !== undefined) checkNumber("newtonSchulz", "eps", eps);
  for (const triple of triples) {
    if (Array.isArray(triple) && triple.length === 3 && triple.every(Number.isFinite)) continue;
    throw new ArgumentError(`newtonSchulz: coefficients are three finite numbers, not [${triple}]`);
  }
  if (steps > 0 && triples.length === 0) {
    throw new ArgumentError(`newtonSchulz: coefficients is an empty list, which serves no steps, not ${steps}`);
  }
  return { ...set, eps, triples: Array.from({ length: steps }, (_, i) => triples[Math.min(i, triples.length - 1)]) };
}

function setOf(coefficients: NonNullable<NewtonSchulzOptions["coefficients"]>): CoefficientSet {
  if (typeof coefficients === "string") {
    checkChoice<string>("newtonSchulz", "coefficients", coefficients, Object.keys(newtonSchulzCoefficients));
    return newtonSchulzCoefficients[coefficients];
  }
  if (!Array.isArray(coefficients)) {
    throw new ArgumentError(
      `newtonSchulz: coefficients are a name, a triple of numbers, or a list of triples, not ${shown(coefficients)}`,
    );
  }
  return isTriple(coefficients) ? { triples: [coefficients], steps: 5 } : { triples: coefficients };
}

function isTriple(coefficients: Coefficients | readonly Coefficients[]): coefficients is Coefficients {
  return coefficients.length > 0 && typeof coefficients[0] === "number";
}
