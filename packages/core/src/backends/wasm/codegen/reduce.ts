/** The two ways of a reduction; both keep four accumulators, element i in the one of i mod 4. */
import type { ComputeDType } from "../../../dtype.ts";
import type { ReduceKernel } from "../../../plan/plan.ts";
import type { Local, Vector } from "../emit/index.ts";
import { f32x4, i32, i32x4, v128 } from "../emit/index.ts";
import type { Evaluator, KernelContext } from "./evaluate.ts";
import { identity } from "./identity.ts";
import { constantBits } from "./nodes.ts";
import type { Rows } from "./rows.ts";
import type { Position, Site } from "./site.ts";
import { address } from "./site.ts";
import { storeResults } from "./stores.ts";
import type { Reduction } from "./structure.ts";
import { forEachVector, unrolling } from "./vectors.ts";

type Combine = (a: Vector, b: Vector) => Vector;

/** The row of a reduction. */
export function emitReduceRow(
  context: KernelContext,
  evaluator: Evaluator,
  rows: Rows,
  row: Site,
  reduction: Reduction,
): void {
  if (reduction.mode === "row") alongRow(context, evaluator, rows, row, reduction);
  else acrossColumns(context, evaluator, rows, row, reduction);
}

/**
 * The lanes are the accumulators; the remaining elements go to theirs through a mask. Where order does not matter, every
 * vector of a turn has accumulators of its own, which need not wait for each other.
 */
function alongRow(context: KernelContext, evaluator: Evaluator, rows: Rows, row: Site, reduction: Reduction): void {
  const { f, constants, structure } = context;
  const { op, dtype, input } = reduction;
  const combine = combiner(op, dtype);
  const unroll = unrolling(structure);
  const isOrdered = dtype === "float32" && (op === "sum" || op === "prod");
  const sums = Array.from({ length: isOrdered ? 1 : unroll }, () => f.let(start(context, reduction)));
  const [sum, ...others] = sums;
  const lane = f.let(constants.lanes(-1, 0, 0, 0));
  forEachVector(context, rows, row, rows.reducedLength(), unroll, (sites) => {
    const values = sites.map((site) => evaluator.keep(input, site));
    sites.forEach((site, s) => {
      const own = sums[isOrdered ? 0 : s];
      const next = combine(own, values[s]);
      f.set(own, site.lanes === 4 ? next : v128.bitselect(next, own, lane));
      if (site.lanes === 1) f.set(lane, v128.shuffle32(lane, lane, [3, 0, 1, 2]));
    });
  });
  for (const other of others) f.set(sum, combine(sum, other));
  const pairs = f.let(combine(sum, v128.shuffle32(sum, sum, [2, 3, 0, 1])));
  const total = f.let(combine(pairs, v128.shuffle32(pairs, pairs, [1, 0, 3, 2])));
  const end: Site = { ...row, lanes: 1, outer: row, values: new Map() };
  evaluator.provide(total, end);
  storeResults(context, evaluator, [end]);
}

/** The lanes are neighbouring results, with four accumulators each. */
function acrossColumns(
  context: KernelContext,
  evaluator: Evaluator,
  rows: Rows,
  row: Site,
  reduction: Reduction,
): void {
  const { f, structure } = context;
  const combine = combiner(reduction.op, reduction.dtype);
  const length = f.let(rows.reducedLength());
  const small = unrolling(structure) === 4;
  forEachVector(context, rows, row, rows.stretchLength(), small ? 4 : 1, (sites) => {
    for (const site of sites) evaluator.hoist(site);
    const sums = sites.map(() => [0, 1, 2, 3].map(() => f.let(start(context, reduction))));
    const walk = new Walk(context, sites);
    const r = f.local("i32");
    f.set(r, 0);
    if (small) {
      f.for(r, r, f.let(i32.and(length, -4)), 4, () => {
        for (let j = 0; j < 4; j++) {
          const values = walk.sites().map((site) => evaluator.keep(reduction.input, site));
          values.forEach((value, s) => {
            f.set(sums[s][j], combine(sums[s][j], value));
          });
          walk.advance();
        }
      });
    }
    // One element a turn, while the accumulators move round. Where they stop does not matter: opposite ones stay so.
    f.for(r, r, length, 1, () => {
      const values = walk.sites().map((site) => evaluator.keep(reduction.input, site));
      values.forEach((value, s) => {
        rotate(context, sums[s], f.let(combine(sums[s][0], value)));
      });
      walk.advance();
    });
    const ends = sites.map((site, s): Site => {
      const [a, b, c, d] = sums[s];
      evaluator.provide(f.let(combine(combine(a, c), combine(b, d))), site);
      return site;
    });
    storeResults(context, evaluator, ends);
  });
}

function rotate({ f }: KernelContext, sums: readonly Local<"v128">[], last: Vector): void {
  for (let j = 0; j < 3; j++) f.set(sums[j], sums[j + 1]);
  f.set(sums[3], last);
}

/** The walk along the reduced axis, from the places of some sites. */
class Walk {
  readonly #context: KernelContext;
  readonly #starts: readonly Site[];
  /** What moves with the reduced element: by operand and vector, except where vectors are neighbours in memory. */
  readonly #pointers = new Map<string, Local<"i32">>();

  constructor(context: KernelContext, starts: readonly Site[]) {
    this.#context = context;
    this.#starts = starts;
    context.structure.operands.forEach((operand, o) => {
      starts.forEach((site, s) => {
        // Asked for even where it does not move, so that it is computed before the walk's loops.
        const place = site.position(o);
        const key = this.#key(o, s);
        if (operand.reduced && !this.#pointers.has(key)) this.#pointers.set(key, context.f.let(this.#first(place, o)));
      });
    });
  }

  /** Sites of the present reduced element. */
  sites(): Site[] {
    return this.#starts.map((start, s) => ({
      depth: 3,
      lanes: start.lanes,
      position: (operand) => this.#position(operand, s),
      outer: start,
      values: new Map(),
    }));
  }

  advance(): void {
    const { f, structure, constants, words } = this.#context;
    structure.operands.forEach((operand, o) => {
      if (!operand.reduced) return;
      const step = constants.word(words.reducedStride(o));
      const keys = new Set(this.#starts.map((_, s) => this.#key(o, s)));
      for (const key of keys) f.advance(this.#pointers.get(key)!, step);
    });
  }

  #position(operand: number, s: number): Position {
    const start = this.#starts[s].position(operand);
    if (!this.#context.structure.operands[operand].reduced) return start;
    const base = this.#pointers.get(this.#key(operand, s))!;
    return { base, offset: this.#isVector(operand) ? start.offset : 0 };
  }

  #first(position: Position, operand: number): ReturnType<typeof address> {
    return this.#isVector(operand) ? position.base : address(position);
  }

  #key(operand: number, s: number): string {
    return this.#context.structure.operands[operand].inner === "lanes" ? `${operand}:${s}` : `${operand}`;
  }

  #isVector(operand: number): boolean {
    return this.#context.structure.operands[operand].inner === "vector";
  }
}

function start({ constants }: KernelContext, { op, dtype }: Reduction): Vector {
  return constants.int(constantBits(identity(op, dtype), dtype));
}

function combiner(op: ReduceKernel["op"], dtype: ComputeDType): Combine {
  if (dtype === "float32") return { sum: f32x4.add, prod: f32x4.mul, max: f32x4.max, min: f32x4.min }[op];
  if (dtype === "bool") return { sum: v128.or, prod: v128.and, max: v128.or, min: v128.and }[op];
  return { sum: i32x4.add, prod: i32x4.mul, max: i32x4.maxS, min: i32x4.minS }[op];
}
