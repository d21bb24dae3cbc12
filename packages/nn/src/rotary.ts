import {
  ArgumentError,
  checkOptions,
  concat,
  defaultDtype,
  IndexError,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  type Variable,
} from "@tsuki/core";
import { checkTensor } from "./checks.ts";
import { Module } from "./module.ts";
import { buffer } from "./roles.ts";
import { checkSizes } from "./sizes.ts";

export interface RotaryEmbeddingOptions {
  /** Extent of the rotated axis, even. */
  readonly dim: number;
  /** Base of the frequencies; default 10,000. */
  readonly theta?: number;
  /** Positions 0 … maxPositions − 1 are in the table. */
  readonly maxPositions: number;
  /**
   * Which entries make a pair: `adjacent` ones, x₂ᵢ and x₂ᵢ₊₁ (the paper, DeepSeek), or those of the two `halves`, xᵢ and
   * x_{i + dim/2} (Hugging Face's Llama). Weights made for one layout are those of the other with their rows permuted.
   * Default `adjacent`.
   */
  readonly pairs?: "adjacent" | "halves";
}

/**
 * Rotary position embedding (Su et al., "RoFormer"): pair i, such as (x₂ᵢ, x₂ᵢ₊₁), at position p is rotated by the angle
 * p · theta^(−2i/dim), so that the dot product of two rotated vectors depends on the distance of their positions alone.
 *
 * Cosines and sines are computed in float64, then rounded, and held as non-persistent buffers [maxPositions, dim / 2].
 */
export class RotaryEmbedding extends Module<[x: Tensor, positions?: Tensor], Tensor> {
  readonly dim: number;
  readonly maxPositions: number;
  readonly pairs: "adjacent" | "halves";
  readonly cos: Variable;
  readonly sin: Variable;

  constructor(options: RotaryEmbeddingOptions) {
    super();
    checkOptions("RotaryEmbedding", options, "dim", "theta", "maxPositions", "pairs");
    const { dim, theta = 10_000, maxPositions, pairs = "adjacent" } = options;
    if (!Number.isInteger(dim) || dim < 2 || dim % 2 !== 0) {
      throw new ArgumentError(`RotaryEmbedding: dim is even and positive, not ${dim}`);
    }
    checkSizes("RotaryEmbedding", { maxPositions });
    if (!(theta > 0 && Number.isFinite(theta))) {
      throw new ArgumentError(`RotaryEmbedding: theta is a finite number > 0, not ${theta}`);
    }
    if (pairs !== "adjacent" && pairs !== "halves") {
      throw new ArgumentError(`RotaryEmbedding: pairs is "adjacent" or "halves", not ${JSON.stringify(pairs)}`);
    }
    this.dim = dim;
    this.maxPositions = maxPositions;
    this.pairs = pairs;
    const table = (f: (angle: number) => number): Variable => {
      const half = dim / 2;
      const angle = (place: number): number => Math.floor(place / half) * theta ** ((-2 * (place % half)) / dim);
      const values = Float64Array.from({ length: maxPositions * half }, (_, place) => f(angle(place)));
      const data = defaultDtype() === "float64" ? values : Float32Array.from(values);
      return buffer(tensor(data, { shape: [maxPositions, half] }), { persistent: false });
    };
    this.cos = table(Math.cos);
    this.sin = table(Math.sin);
  }

  /**
   * Rotates x [batch, ..., T, dim], such as queries [batch, heads, T, dim].
   *
   * @param positions int32 [batch, T] or [T]; default 0 … T − 1, for which nothing is gathered.
   */
  forward(x: Tensor, positions?: Tensor): Tensor {
    checkTensor("RotaryEmbedding", x);
    const length = x.shape[x.rank - 2];
    if (x.rank < 2 || x.shape[x.rank - 1] !== this.dim) {
      throw new ShapeError(`RotaryEmbedding: x [..., T, ${this.dim}] is needed, not [${x.shape}]`);
    }
    const [cos, sin] = [this.cos, this.sin].map((table) =>
      positions ? this.#rows(table, x, positions) : this.#first(table, length),
    );
    const [first, second] = this.#split(x);
    const rotated = [first.mul(cos).sub(second.mul(sin)), first.mul(sin).add(second.mul(cos))];
    return this.pairs === "halves" ? concat(rotated, -1) : stack(rotated, -1).reshape(x.shape);
  }

  /** The first and the second entries of all pairs, each [..., dim / 2]. */
  #split(x: Tensor): [first: Tensor, second: Tensor] {
    const half = this.dim / 2;
    if (this.pairs === "halves") return [x.slice(-1, 0, half), x.slice(-1, half)];
    const pairs = x.reshape([...x.shape.slice(0, -1), half, 2]);
    return [pairs.select(-1, 0), pairs.select(-1, 1)];
  }

  #first(table: Variable, length: number): Tensor {
    if (length > this.maxPositions) {
      throw new IndexError(`RotaryEmbedding: ${length} positions are asked for, the table has ${this.maxPositions}`);
    }
    return table.slice(0, 0, length);
  }

  /** Rows of a table for given positions, broadcast over the axes of x between batch and T. */
  #rows(table: Variable, x: Tensor, positions: Tensor): Tensor {
    const batch = positions.rank === 2 ? positions.shape[0] : 1;
    const length = x.shape[x.rank - 2];
    const fits = positions.rank <= 2 && positions.shape[positions.rank - 1] === length;
    if (!fits || (positions.rank === 2 && (x.rank < 3 || (batch !== 1 && batch !== x.shape[0])))) {
      throw new ShapeError(
        `RotaryEmbedding: positions [batch, T] or [T] are needed for x [${x.shape}], not [${positions.shape}]`,
      );
    }
    const rows = table.take(positions);
    if (positions.rank === 1) return rows;
    const between = new Array<number>(x.rank - 3).fill(1);
    return rows.reshape([batch, ...between, length, this.dim / 2]);
  }
}
