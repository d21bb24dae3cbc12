/** Plans for the tests of the backend: large enough that every thread has a part of every kernel. */

import type { Expr, Load, ScalarOp } from "../../src/plan/expr.ts";
import { apply, constant } from "../../src/plan/expr.ts";
import type { View } from "../../src/plan/view.ts";
import { contiguous, permuteView, sizeOf } from "../../src/plan/view.ts";
import type { Case } from "../conformance/index.ts";
import { PlanBuilder } from "../conformance/index.ts";

export const ACCUMULATED: Expr = { kind: "accumulated", dtype: "float32" };

/** Numbers of either sign without a pattern. */
export function noise(count: number, seed = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => ((Math.imul(i + seed, 0x9e3779b1) >>> 8) / 2 ** 23 - 1) * 3);
}

export function of(op: ScalarOp, ...inputs: Expr[]): Expr {
  return apply(op, "float32", ...inputs);
}

/** A plan whose only kernel is a map of one float32 array. */
export function unaryMap(data: Float32Array, make: (x: Expr) => Expr): Case {
  const plan = new PlanBuilder();
  const view = contiguous([data.length]);
  const x = plan.load(plan.value("float32", data), view);
  const place = { buffer: plan.output("float32", view.shape), view };
  plan.step({ kind: "map", label: "map", shape: view.shape, stores: [{ place, expr: make(x) }] });
  return plan.build("map", "bits");
}

/** Sums over the last axis of a matrix, which is read through the view; of each block of it where `block` > 0. */
export function sums(data: Float32Array, view: View, block = 0): Case {
  const plan = new PlanBuilder();
  const [rows, length] = view.shape;
  const input = plan.load(plan.value("float32", data), view);
  const results = block > 0 ? [rows, Math.ceil(length / block)] : [rows];
  const place = { buffer: plan.output("float32", results), view: contiguous(results) };
  plan.step({
    kind: "reduce",
    label: "sum",
    op: "sum",
    shape: [rows],
    length,
    block,
    input,
    stores: [{ place, expr: ACCUMULATED }],
  });
  return plan.build("sum", "bits");
}

/** result[c, r] = x[r, c] + bias[c] + r, stored into the middle of rows that are `margin` longer on both sides. */
export function transpose(rows: number, columns: number, margin: number): Case {
  const plan = new PlanBuilder();
  const shape = [columns, rows];
  const x = plan.load(plan.value("float32", noise(rows * columns)), { shape, strides: [1, columns], offset: 0 });
  const bias = plan.load(plan.value("float32", noise(columns, 7)), { shape, strides: [1, 0], offset: 0 });
  const row: Expr = { kind: "index", dtype: "int32", view: { shape, strides: [0, 1], offset: 0 } };
  const width = rows + 2 * margin;
  const place = {
    buffer: plan.variable("float32", new Float32Array(columns * width)),
    view: { shape, strides: [width, 1], offset: margin },
  };
  const expr = of("add", of("add", x, bias), of("cast", row));
  plan.step({ kind: "map", label: "transpose", shape, stores: [{ place, expr }] });
  return plan.build("transpose", "bits");
}

/** A little network with every kind of dependence between its kernels; `rounds` times over the same memory. */
export function chain(rounds: number): Case {
  const [m, k, n] = [70, 90, 130];
  const plan = new PlanBuilder();
  const mn = contiguous([m, n]);
  const a = plan.value("float32", noise(m * k, 1));
  const b = plan.value("float32", noise(k * n, 2));
  const weight = plan.variable("float32", noise(n, 3));
  const product = plan.temporary("float32", m * n);
  const rows = plan.temporary("float32", m);
  const columns = plan.temporary("float32", n);
  const result = plan.output("float32", [n, m]);
  const out = plan.output("float32", [n]);
  const rate = plan.number("float32", 0.125);
  const over = (buffer: number, strides: number[]): Load => plan.load(buffer, { shape: [m, n], strides, offset: 0 });
  for (let round = 0; round < rounds; round++) {
    plan.step({
      kind: "matmul",
      label: "product",
      batch: [],
      m,
      n,
      k,
      a: { buffer: a, view: contiguous([m, k]) },
      b: { buffer: b, view: contiguous([k, n]) },
      c: { buffer: product, view: mn },
      symmetric: false,
    });
    plan.step({
      kind: "map",
      label: "in place",
      shape: [m, n],
      stores: [
        {
          place: { buffer: product, view: mn },
          expr: of("tanh", of("add", plan.load(product, mn), over(weight, [0, 1]))),
        },
      ],
    });
    plan.step({
      kind: "reduce",
      label: "rows",
      op: "max",
      shape: [m],
      length: n,
      block: 0,
      input: plan.load(product, mn),
      stores: [{ place: { buffer: rows, view: contiguous([m]) }, expr: ACCUMULATED }],
    });
    const shifted = of("exp", of("sub", plan.load(product, mn), over(rows, [1, 0])));
    plan.step({
      kind: "reduce",
      label: "columns",
      op: "sum",
      shape: [n],
      length: m,
      block: 0,
      input: transposed(shifted),
      stores: [
        { place: { buffer: columns, view: contiguous([n]) }, expr: of("div", ACCUMULATED, constant(m, "float32")) },
      ],
    });
    plan.step({
      kind: "map",
      label: "transposed",
      shape: [m, n],
      stores: [{ place: { buffer: result, view: { shape: [m, n], strides: [1, m], offset: 0 } }, expr: shifted }],
    });
    plan.step({
      kind: "map",
      label: "update",
      shape: [n],
      stores: [
        {
          place: { buffer: weight, view: contiguous([n]) },
          expr: of("mulAdd", rate, plan.load(columns, contiguous([n])), plan.load(weight, contiguous([n]))),
        },
        { place: { buffer: out, view: contiguous([n]) }, expr: plan.load(columns, contiguous([n])) },
      ],
    });
  }
  return plan.build("chain", "bits");
}

/** The same expression over exchanged axes. */
function transposed(expr: Expr): Expr {
  if (expr.kind === "load") return { ...expr, view: permuteView(expr.view, [1, 0]) };
  if (expr.kind === "apply") return { ...expr, inputs: expr.inputs.map(transposed) };
  return expr;
}

/** A gather by indices; those out of range fail check 0. */
export function gather(table: Float32Array, indices: Int32Array): Case {
  const plan = new PlanBuilder();
  const shape = [indices.length];
  const extent = table.length;
  const index = plan.load(plan.value("int32", indices), contiguous(shape));
  const at = plan.load(plan.value("float32", table), { shape, strides: [0], offset: 0 });
  const expr: Load = { ...at, gathers: [{ index, stride: 1, extent, check: plan.check(extent) }] };
  const place = { buffer: plan.output("float32", shape), view: contiguous(shape) };
  plan.step({ kind: "map", label: "gather", shape, stores: [{ place, expr }] });
  return plan.build("gather", "bits");
}

/** Adds 1 to an array, `count` times in as many kernels. */
export function long(elements: number, count: number): Case {
  const plan = new PlanBuilder();
  const view = contiguous([elements]);
  const buffer = plan.output("float32", view.shape);
  const place = { buffer, view };
  const add = of("add", of("sin", plan.load(buffer, view)), constant(1, "float32"));
  plan.step({ kind: "map", label: "start", shape: view.shape, stores: [{ place, expr: constant(0, "float32") }] });
  for (let i = 0; i < count; i++) {
    plan.step({ kind: "map", label: `add ${i}`, shape: view.shape, stores: [{ place, expr: add }] });
  }
  return plan.build(`${count} kernels over ${sizeOf(view.shape)} elements`, "bits");
}
