import { ArgumentError, checkOptions, eye, full, shown, type Tensor, type Variable } from "@tsuki/core";
import { checkChoice, checkCount, checkNumber } from "./checks.ts";
import { computeFloat, matrixShape } from "./matrices.ts";
import { type CoefficientSet, type Coefficients, newtonSchulzCoefficients } from "./newton-schulz-coefficients.ts";
import { type NewtonSchulzForm, segmentsOf } from "./newton-schulz-segments.ts";

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
  /**
   * `"direct"`: X ← a·X + (b·A + c·A²)·X at every step, with A = X·Xᵀ of the smaller side. `"gram"`: for a few steps at a
   * time only A, and the product of the factors on X, are iterated (Gram Newton–Schulz of Dao-AILab), so that the long side
   * takes part in 2 of 5 steps: 1.5 times fewer multiplications for 1:2.7, 1.7 times for 1:4. Default, `"auto"`: gram for
   * named coefficients from 1:1.5 on.
   *
   * Both are the same function. Float32 against UᵀOV = diag(f(x)), `keller`, worst of 400 spectra down to x = 0.0003: 9e-6
   * direct, 2.4e-5 gram (1e-3, were X never formed anew); relative to float64 on 256 × 688, 2e-6 for both on random
   * matrices, 4e-6 and 1.3e-5 on rank 16 plus noise of 0.1, 1.3e-5 and 2.5e-5 at condition 1e6.
   */
  readonly form?: NewtonSchulzForm;
}

/**
 * Newton–Schulz iteration towards the polar factor: for G = U·diag(σ)·Vᵀ the result is U·diag(f(σ / (‖G‖_F + eps)))·Vᵀ,
 * f one polynomial a·x + b·x³ + c·x⁵ after another, which is near U·Vᵀ (Moonlight, arXiv 2502.16982 §2.1; Keller
 * Jordan's Muon). `newtonSchulzCoefficients` says how near.
 *
 * @param g `[..., rows, cols]`: every matrix of the leading axes is taken for itself, also its norm. Of tall ones A is
 *   Xᵀ·X, and factors stand on the right, so that A is the smaller Gram matrix.
 * @returns The same shape and dtype.
 * @throws ShapeError below rank 2; ArgumentError where an option makes no sense.
 */
export function newtonSchulz(g: Tensor | Variable, options: NewtonSchulzOptions = {}): Tensor {
  const { rows, cols } = matrixShape("newtonSchulz", g);
  const dtype = computeFloat("newtonSchulz", g);
  const iteration = iterationOf(options);
  const factorOf = segmentFactor(iteration.triples, dtype);
  const isTall = rows > cols;
  const gramOf = (x: Tensor | Variable): Tensor => (isTall ? symmetric(x.transpose(), x) : symmetric(x, x.transpose()));
  const timesFactor = (x: Tensor | Variable, factor: Tensor): Tensor => (isTall ? x.matmul(factor) : factor.matmul(x));

  // The trace of G·Gᵀ is ‖G‖². It is the first factor that is divided by the norm, not G.
  const gram = gramOf(g);
  const scale = inverseNorm(gram, iteration);
  const [first, ...others] = segmentsOf(iteration, options.form ?? "auto", [rows, cols]);
  if (!first) return g.mul(scale);
  let x = timesFactor(g, factorOf(gram.mul(scale).mul(scale), first, scale));
  for (const steps of others) x = timesFactor(x, factorOf(gramOf(x), steps));
  return x;
}

/** 1 / (normFactor·‖G‖_F + eps) `[..., 1, 1]`, of Gram matrices `[..., n, n]`. */
function inverseNorm(gram: Tensor, { normFactor = 1, eps = 1e-7 }: CoefficientSet): Tensor {
  const norm = gram.diagonal({ axis1: -2, axis2: -1 }).sum({ axis: -1, keepDim: true }).unsqueeze(-1).sqrt();
  return (normFactor === 1 ? norm : norm.mul(normFactor)).add(eps).reciprocal();
}

/**
 * The product of the factors P = a·I + b·A + c·A² of some steps X ← P·X, times `scale`, from the Gram matrix A of the X
 * they start from. All are polynomials in A: they commute, products of them are symmetric, and A becomes P·A·P.
 */
function segmentFactor(
  triples: readonly Coefficients[],
  dtype: "float32" | "float64",
): (gram: Tensor, steps: readonly Coefficients[], scale?: Tensor) => Tensor {
  const leaves = new Map(triples.map((triple) => [triple, triple.map((value) => full([], value, { dtype }))]));
  return (first, steps, scale) => {
    const identity = eye(first.shape[first.rank - 1], { dtype });
    let gram = first;
    let product: Tensor | null = null;
    for (const [at, triple] of steps.entries()) {
      const [a, b, c] = leaves.get(triple) as Tensor[];
      const linear = identity.mul(a).add(gram.mul(b));
      let factor = triple[2] === 0 ? linear : linear.add(symmetric(gram, gram).mul(c));
      const isLast = at === steps.length - 1;
      if (!isLast) gram = symmetric(factor, symmetric(factor, gram));
      else if (scale) factor = factor.mul(scale);
      product = product ? symmetric(factor, product) : factor;
    }
    return product as Tensor;
  };
}

/** A product that is known to be symmetric. */
function symmetric(a: Tensor | Variable, b: Tensor | Variable): Tensor {
  return a.matmul(b, { symmetric: true });
}

/**
 * The options as a set with one triple for each step; a triple that serves several steps is one object.
 *
 * @throws ArgumentError that names the option
 */
export function iterationOf(options: NewtonSchulzOptions): CoefficientSet {
  checkOptions("newtonSchulz", options, "steps", "coefficients", "eps", "form");
  const { coefficients = "keller" } = options;
  const set = setOf(coefficients);
  const { triples } = set;
  const { steps = set.steps ?? triples.length, eps = set.eps } = options;
  checkCount("newtonSchulz", "steps", steps);
  if (eps !== undefined) checkNumber("newtonSchulz", "eps", eps);
  checkChoice("newtonSchulz", "form", options.form ?? "auto", ["auto", "direct", "gram"]);
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
