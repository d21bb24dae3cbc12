/** a, b, c of X ← a·X + (b·A + c·A²)·X with A = X·Xᵀ: on singular values f(x) = a·x + b·x³ + c·x⁵. */
export type Coefficients = readonly [a: number, b: number, c: number];

/** The coefficients of an iteration, and what it starts from. */
export interface CoefficientSet {
  /** One triple for each step; the last one serves all further steps. */
  readonly triples: readonly Coefficients[];
  /** Steps where the caller says nothing; default: as many as there are triples. */
  readonly steps?: number;
  /** G is divided by normFactor·‖G‖_F + eps; default: 1. */
  readonly normFactor?: number;
  /** Default: 1e-7. */
  readonly eps?: number;
  /**
   * How many steps the Gram form takes from one Gram matrix of X before X is formed anew; the last number holds for all
   * further segments. Within a segment a float32 error of A is magnified by a² at every step but the last, and by the
   * cancellation of a + b + c: these keep the exact law as the direct form does, to 1e-4.
   */
  readonly segments?: readonly number[];
}

const keller: Coefficients = [3.4445, -4.775, 2.0315];

/**
 * Coefficients by name, with the band into which x = σ / ‖G‖_F falls after the set's own number of steps: for
 * 0.003 ≤ x ≤ 1, where nothing else is said. Smaller x rise by the product of all a, 485-fold with `keller`.
 *
 * - `keller`: Keller Jordan's, the same at each of 5 steps (Moonlight, arXiv 2502.16982 §2.1). f has a repelling fixed
 *   point at 0.868, so that values bounce within [0.6818, 1.2024] ([0.6818, 1.1344] from x = 0.0052 on), and more steps do
 *   not help.
 * - `youJiacheng`: YouJiacheng's five, of modded-nanogpt; [0.9777, 1.1451].
 * - `polarExpress`: Polar Express (arXiv 2505.16932), [0.8764, 1.1236]. Near x = 1, which a matrix of rank 1 has, it
 *   magnifies rounding 70,000-fold: the next two are for float32.
 * - `polarExpressSafe`: the same with safety 1.01, rounded (NeMo); [0.8704, 1.1236] after 5 steps, 1 to rounding after 8.
 * - `polarExpressDion`: the same with safety 1.02 and a cushion, of dion and modded-nanogpt, which divide by
 *   1.02·‖G‖_F + 1e-6; [0.8588, 1.1412].
 * - `cans`: Chebyshev-optimised Newton–Schulz (arXiv 2506.10935); [0.8843, 1.1199]. Near x = 1 as `polarExpress`.
 * - `deepseekV4`: 8 steps of `keller`, then 2 of (2, −1.5, 0.5); [0.9999, 1.0006].
 * - `classicQuintic`: (15, −10, 3) / 8, which goes to 1 from below, but slowly; [0.2284, 1.0001] for x ≥ 0.01.
 * - `cubic5`: five cubics (arXiv 2606.00371), whose c = 0 saves one of three products; [0.7741, 1.3001] for x ≥ 0.01.
 */
export const newtonSchulzCoefficients: Readonly<
  Record<
    | "keller"
    | "youJiacheng"
    | "polarExpress"
    | "polarExpressSafe"
    | "polarExpressDion"
    | "cans"
    | "deepseekV4"
    | "classicQuintic"
    | "cubic5",
    CoefficientSet
  >
> = {
  keller: { triples: [keller], steps: 5, segments: [2, 3] },
  youJiacheng: {
    triples: [
      [4.0848, -6.8946, 2.927],
      [3.9505, -6.3029, 2.6377],
      [3.7418, -5.5913, 2.3037],
      [2.8769, -3.1427, 1.2046],
      [2.8366, -3.0525, 1.2012],
    ],
    segments: [2, 3],
  },
  polarExpress: {
    triples: [
      [8.28721201814563, -23.595886519098837, 17.300387312530933],
      [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
      [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
      [3.3184196573706015, -2.488488024314874, 0.51004894012372],
      [2.300652019954817, -1.6689039845747493, 0.4188073119525673],
    ],
    segments: [1, 2],
  },
  polarExpressSafe: {
    triples: [
      [8.2051, -22.9019, 16.4607],
      [4.0664, -2.8612, 0.5184],
      [3.9096, -2.8234, 0.525],
      [3.2856, -2.4153, 0.4853],
      [2.2779, -1.6198, 0.3985],
      [1.8726, -1.2307, 0.3585],
      [1.8564, -1.2132, 0.3568],
      [1.875, -1.25, 0.375],
    ],
    steps: 5,
    segments: [1, 2],
  },
  polarExpressDion: {
    triples: [
      [8.156554524902461, -22.48329292557795, 15.878769915207462],
      [4.042929935166739, -2.808917465908714, 0.5000178451051316],
      [3.8916678022926607, -2.772484153217685, 0.5060648178503393],
      [3.285753657755655, -2.3681294933425376, 0.46449024233003106],
      [2.3465413258596377, -1.7097828382687081, 0.42323551169305323],
    ],
    normFactor: 1.02,
    eps: 1e-6,
    segments: [1, 2],
  },
  cans: {
    triples: [
      [8.4703, -25.1081, 18.6293],
      [4.1828, -3.1087, 0.5806],
      [3.9619, -2.9541, 0.563],
      [3.2866, -2.4647, 0.5074],
      [2.2737, -1.6447, 0.4162],
    ],
    segments: [1, 2],
  },
  deepseekV4: {
    triples: [...Array.from({ length: 8 }, () => keller), [2, -1.5, 0.5]],
    steps: 10,
    segments: [2, 3],
  },
  classicQuintic: { triples: [[15 / 8, -10 / 8, 3 / 8]], steps: 5, segments: [5] },
  cubic5: {
    triples: [
      [3.3656576, -3.3420992, 0],
      [2.5744352, -1.4957376, 0],
      [2.5368962, -1.431257, 0],
      [2.4418906, -1.276404, 0],
      [2.2230472, -0.963065, 0],
    ],
    segments: [2, 3],
  },
};
