/** Random tensors: their contents, and views of them in every layout that ops can make. */
import fc from "fast-check";
import type { ComputeDType } from "../../src/dtype.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { tensor } from "../../src/index.ts";
import { sizeOf } from "../../src/plan/view.ts";
import { filled, finite, floats, ints, type Pool, pools } from "../conformance/values.ts";
import { type Layout, layouts } from "../conformance/views.ts";

/** What an op sees of an operand. */
export interface Signature {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** Contents stored in some order of the axes, with steps, broadcasts and a margin, and the view that reads them. */
export class Input implements Signature {
  readonly shape: readonly number[];
  readonly dtype: ComputeDType;
  readonly #layout: Layout;
  readonly #pool: Pool;

  constructor(shape: readonly number[], dtype: ComputeDType, layout: Layout, pool: Pool) {
    this.shape = shape;
    this.dtype = dtype;
    this.#layout = { ...layout, order: layout.order.filter((axis) => axis < shape.length) };
    this.#pool = pool;
  }

  /** The view as a tensor. */
  tensor(): Tensor {
    return this.#view((x) => x, this.dtype);
  }

  /** |x|, of floats in float64: the scale of an error. */
  magnitude(): Tensor {
    return this.#view(Math.abs, this.dtype === "float32" ? "float64" : this.dtype);
  }

  toString(): string {
    const { order, steps, margin } = this.#layout;
    const { values, salt } = this.#pool;
    return `${this.dtype} [${this.shape}] stored as (${order}), steps ${steps.slice(0, order.length)}, margin ${margin}, values ${values} salted ${salt}`;
  }

  #view(change: (x: number) => number, dtype: ComputeDType): Tensor {
    const { order, steps, margin } = this.#layout;
    const stored = order.map((axis, i) => this.#storedExtent(axis) + (i === 0 ? margin : 0));
    const contents = filled(dtype, sizeOf(stored), this.#pool).map(change);
    let x = tensor(contents, { shape: stored, dtype }).permute(this.shape.map((_, axis) => order.indexOf(axis)));
    for (const axis of order) {
      const first = axis === order[0] ? margin : 0;
      const [start, stop] = steps[axis] < 0 ? [null, first > 0 ? first - 1 : null] : [first, null];
      x = x.slice(axis, start, stop, steps[axis] || 1);
    }
    return x.expand(this.shape);
  }

  /** An axis of step 0 is stored once. */
  #storedExtent(axis: number): number {
    const step = this.#layout.steps[axis];
    return step === 0 ? 1 : this.shape[axis] * Math.abs(step);
  }
}

/** Which numbers a float operand holds. */
export type Kind = "any" | "moderate" | "ordinary" | "nearOne";

const ordinary: fc.Arbitrary<number> = finite("float32", 10);

const kinds: Readonly<Record<Kind, fc.Arbitrary<number>>> = {
  /** Anything: also the largest and smallest numbers. */
  any: floats("float32"),
  /** Sums and products stay in range; now and then an infinity, a NaN, a negative zero, a subnormal number. */
  moderate: fc.oneof(
    { weight: 40, arbitrary: ordinary },
    {
      weight: 1,
      arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 1.401298464324817e-45, -1.1754942106924411e-38),
    },
  ),
  /** Finite and of ordinary size. */
  ordinary,
  /** Products of thousands stay in range. */
  nearOne: fc.oneof(
    { weight: 40, arbitrary: finite("float32", 0.02).map((x) => Math.fround(x < 0 ? x - 1 : x + 1)) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, 0, -0) },
  ),
};

export function floatInput(shape: readonly number[], kind: Kind = "any"): fc.Arbitrary<Input> {
  return inputOf(shape, "float32", kinds[kind]);
}

export function intInput(shape: readonly number[], value: fc.Arbitrary<number> = ints): fc.Arbitrary<Input> {
  return inputOf(shape, "int32", value);
}

/** Places in [0, extent). */
export function indexInput(shape: readonly number[], extent: number): fc.Arbitrary<Input> {
  return intInput(shape, fc.nat(Math.max(0, extent - 1)));
}

export function boolInput(shape: readonly number[]): fc.Arbitrary<Input> {
  return inputOf(shape, "bool", fc.nat(1));
}

export function inputIn(dtype: ComputeDType, shape: readonly number[], kind: Kind = "any"): fc.Arbitrary<Input> {
  return dtype === "int32" ? intInput(shape) : dtype === "bool" ? boolInput(shape) : floatInput(shape, kind);
}

function inputOf(shape: readonly number[], dtype: ComputeDType, value: fc.Arbitrary<number>): fc.Arbitrary<Input> {
  return fc.tuple(layouts, pools(value)).map(([layout, pool]) => new Input(shape, dtype, layout, pool));
}
