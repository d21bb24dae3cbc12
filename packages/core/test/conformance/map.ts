import fc from "fast-check";
import { narrow, widen } from "../../src/backends/reference/storage.ts";
import { type ComputeDType, type DType, dtypes } from "../../src/dtype.ts";
import { apply, constant, type Expr, type Index, type Load, type ScalarOp } from "../../src/plan/expr.ts";
import type { Place, Store } from "../../src/plan/plan.ts";
import { contiguous, rowMajor, type View } from "../../src/plan/view.ts";
import type { Case } from "./case.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { inexactOps, scalarOps, signaturesOf } from "./scalar-ops.ts";
import { type FloatDType, filled, floats, ints, type Pool, pools } from "./values.ts";
import { anyAxis, type Layout, lay, layouts, noAxis, shapes } from "./views.ts";

export interface MapOptions {
  readonly float?: FloatDType;
  /** Most stores of a kernel. */
  readonly maxOutputs?: number;
  /** Whether stores may be in place. */
  readonly inPlace?: boolean;
}

/** What a choice of each kind adds to the expressions that exist already; numbers pick among them, modulo. */
interface Choice {
  readonly kind: "apply" | "number" | "constant" | "index" | "gather" | "shift";
  readonly op: number;
  readonly picks: readonly number[];
  readonly layout: Layout;
}

interface Source {
  readonly dtype: number;
  readonly layout: Layout;
  readonly salt: number;
}

interface Target {
  readonly pick: number;
  readonly where: "dense" | "strided" | "inPlace";
  readonly layout: Layout;
}

/** Operations whose results have the same bits on every backend. */
const exactOps: readonly ScalarOp[] = scalarOps.filter((op) => !inexactOps.includes(op));

const loadable: readonly (DType | "float")[] = [
  "float",
  "float",
  "int32",
  "bool",
  "bfloat16",
  "float16",
  "int8",
  "uint8",
];
/** Types in which an expression's value may also be stored. */
const narrower: Partial<Record<ComputeDType, readonly DType[]>> = {
  float32: ["float32", "bfloat16", "float16"],
  int32: ["int32", "int8", "uint8"],
};

/**
 * Maps whose expressions are random graphs of the exact operations over loads (strided, broadcast, reversed, of every
 * storage dtype), gathers, guarded loads, indices, constants and run-time numbers; several stores, dense, into slices
 * of larger buffers, or in place. Results are equal to the bit: what is fused changes none.
 */
export function mapCases(options: MapOptions = {}): fc.Arbitrary<Case> {
  const { float = "float32", maxOutputs = 3, inPlace = true } = options;
  const pick = fc.nat(1000);
  const source = fc.record({ dtype: pick, layout: layouts, salt: pick });
  const choice: fc.Arbitrary<Choice> = fc.record({
    kind: fc.constantFrom<Choice["kind"]>(
      "apply",
      "apply",
      "apply",
      "apply",
      "number",
      "constant",
      "index",
      "gather",
      "shift",
    ),
    op: pick,
    picks: fc.tuple(pick, pick, pick),
    layout: layouts,
  });
  const target: fc.Arbitrary<Target> = fc.record({
    pick,
    where: fc.constantFrom<Target["where"]>("dense", "strided", ...(inPlace ? (["inPlace"] as const) : [])),
    layout: layouts,
  });
  return fc
    .record({
      shape: shapes(6),
      sources: fc.array(source, { minLength: 1, maxLength: 4 }),
      choices: fc.array(choice, { maxLength: 12 }),
      targets: fc.array(target, { minLength: 1, maxLength: maxOutputs }),
      floatPool: pools(floats(float)),
      intPool: pools(ints),
    })
    .map(({ shape, sources, choices, targets, floatPool, intPool }) => {
      const drawn = new Drawing(shape, float, floatPool, intPool);
      const places = sources.map((s, i) => drawn.source(s, targets[i]?.where === "inPlace"));
      for (const c of choices) drawn.add(c);
      const stores = targets.map((t, i) => drawn.store(t, places[i]));
      drawn.plan.step({ kind: "map", label: "map", shape, stores });
      return drawn.plan.build(`map over [${shape}]`, "bits");
    });
}

/** A plan with the expressions drawn so far. */
class Drawing {
  readonly plan: PlanBuilder = new PlanBuilder();
  readonly #shape: readonly number[];
  readonly #float: FloatDType;
  readonly #floatPool: Pool;
  readonly #intPool: Pool;
  readonly #exprs: Expr[] = [];

  constructor(shape: readonly number[], float: FloatDType, floatPool: Pool, intPool: Pool) {
    this.#shape = shape;
    this.#float = float;
    this.#floatPool = floatPool;
    this.#intPool = intPool;
  }

  /** Adds a load. One that is stored to later lies in a variable, each element at its own place. */
  source({ dtype: pick, layout, salt }: Source, written: boolean): Place & { dtype: ComputeDType } {
    let dtype = this.#dtype(loadable[pick % loadable.length]);
    if (written) dtype = dtypes[dtype].compute;
    const { view, size } = lay(this.#shape, layout, written ? noAxis : anyAxis);
    const data = this.#contents(dtype, size, salt);
    const buffer = written ? this.plan.variable(dtype, data) : this.plan.value(dtype, data);
    this.#exprs.push(this.plan.load(buffer, view));
    return { buffer, view, dtype: dtypes[dtype].compute };
  }

  add({ kind, op, picks, layout }: Choice): void {
    const [value] = picks;
    if (kind === "apply") this.#apply(exactOps[op % exactOps.length], picks);
    else if (kind === "number") this.#exprs.push(this.plan.number(this.#numeric(op), this.#number(op, value)));
    else if (kind === "constant") this.#exprs.push(constant(this.#number(op, value), this.#numeric(op)));
    else if (kind === "index") this.#exprs.push(this.#index(layout));
    else if (kind === "gather") this.#exprs.push(this.#gather(picks, op % 2 === 0));
    else this.#exprs.push(this.#shift(picks));
  }

  /** Stores an expression at the place that the target asks for; `source` is what an in-place store overwrites. */
  store({ pick, where, layout }: Target, source: (Place & { dtype: ComputeDType }) | undefined): Store {
    if (where === "inPlace" && source) {
      return { place: { buffer: source.buffer, view: source.view }, expr: this.#ofType(source.dtype, pick) };
    }
    const expr = this.#exprs[pick % this.#exprs.length];
    if (where !== "strided") {
      return { place: { buffer: this.plan.output(expr.dtype, this.#shape), view: contiguous(this.#shape) }, expr };
    }
    const { view, size } = lay(this.#shape, layout, noAxis);
    const dtypes = narrower[expr.dtype] ?? [expr.dtype];
    const dtype = dtypes[pick % dtypes.length];
    // The one NaN that is written: a variable is filled by a store of its own.
    const contents = narrow(widen(this.#contents(dtype, size, pick), dtype), dtype);
    return { place: { buffer: this.plan.variable(dtype, contents), view }, expr };
  }

  #apply(op: ScalarOp, picks: readonly number[]): void {
    const defined = signaturesOf(op, this.#float);
    const { types, result } = defined[picks[0] % defined.length];
    const inputs = types.map((type, i) => this.#ofType(type, picks[i % picks.length] + i));
    // Shifts by 32 bits or more are undefined.
    if (op === "shiftLeft" || op === "shiftRight")
      inputs[1] = apply("bitAnd", "int32", inputs[1], constant(31, "int32"));
    this.#exprs.push(apply(op, result, ...inputs));
  }

  #index(layout: Layout): Index {
    return { kind: "index", dtype: "int32", view: lay(this.#shape, layout, anyAxis).view };
  }

  /** Rows of a table by a computed index, clamped; under a guard where asked for. */
  #gather([table, index, guard]: readonly number[], guarded: boolean): Expr {
    const extent = 1 + (table % 5);
    const stride = 1 + (index % 3);
    const dtype = this.#dtype(loadable[table % loadable.length]);
    const buffer = this.plan.value(dtype, this.#contents(dtype, extent * stride, table));
    const view: View = { shape: this.#shape, strides: this.#shape.map(() => 0), offset: guard % stride };
    const condition = guarded ? this.#ofType("bool", guard) : null;
    const load: Load = {
      ...this.plan.load(buffer, view),
      gathers: [{ index: this.#ofType("int32", index), stride, extent, check: -1 }],
      guard: condition,
    };
    return condition ? this.#guarded(condition, load) : load;
  }

  /** A dense array moved along an axis, with a constant where nothing comes from: the guard keeps to its bounds. */
  #shift([axisPick, by, salt]: readonly number[]): Expr {
    const dtype = this.#dtype(loadable[salt % loadable.length]);
    const shape = this.#shape;
    const size = shape.reduce((n, extent) => n * extent, 1);
    const buffer = this.plan.value(dtype, this.#contents(dtype, size, salt));
    if (shape.length === 0) return this.plan.load(buffer, contiguous(shape));
    const axis = axisPick % shape.length;
    const shift = (by % 7) - 3;
    const strides = rowMajor(shape);
    const coordinate: Index = {
      kind: "index",
      dtype: "int32",
      view: { shape, strides: strides.map((_, a) => (a === axis ? 1 : 0)), offset: -shift },
    };
    const guard = apply(
      "and",
      "bool",
      apply("ge", "bool", coordinate, constant(0, "int32")),
      apply("lt", "bool", coordinate, constant(shape[axis], "int32")),
    );
    const view: View = { shape, strides, offset: -shift * strides[axis] };
    return this.#guarded(guard, { ...this.plan.load(buffer, view), guard });
  }

  #guarded(guard: Expr, load: Load): Expr {
    return apply("select", load.dtype, guard, load, constant(1, load.dtype));
  }

  /** One of the expressions of this type; a constant where there is none. */
  #ofType(dtype: ComputeDType, pick: number): Expr {
    const candidates = this.#exprs.filter((e) => e.dtype === dtype);
    return candidates.length > 0 ? candidates[pick % candidates.length] : constant(pick % 2, dtype);
  }

  #numeric(pick: number): ComputeDType {
    return pick % 2 === 0 ? this.#float : "int32";
  }

  #number(type: number, pick: number): number {
    const { values } = type % 2 === 0 ? this.#floatPool : this.#intPool;
    return values[pick % values.length];
  }

  #dtype(dtype: DType | "float"): DType {
    return dtype === "float" ? this.#float : dtype;
  }

  #contents(dtype: DType, size: number, salt: number): ReturnType<typeof filled> {
    if (dtype === this.#float) return filled(dtype, size, { ...this.#floatPool, salt });
    const values = dtype === "bool" ? this.#intPool.values.map((v) => v & 1) : this.#intPool.values;
    return filled(dtype, size, { values, salt });
  }
}
