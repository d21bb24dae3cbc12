import { expect, test } from "vitest";
import { outcomeOf, PlanBuilder, sameResults } from "../../../../test/conformance/index.ts";
import { expectedOutcome } from "../../../../test/conformance/oracle.ts";
import { apply, constant } from "../../../plan/expr.ts";
import { contiguous } from "../../../plan/view.ts";
import { ReferenceBackend } from "../backend.ts";
import { pieceSize } from "../pieces.ts";

const backend = new ReferenceBackend();
const [rows, columns] = [300, 250];
const size = rows * columns;
const values = (): Float32Array => Float32Array.from({ length: size }, (_, i) => (i % 1009) - 500);

test("the spaces of this file are computed in more than one piece", () => {
  expect(size).toBeGreaterThan(2 * pieceSize);
});

test("a map, in place and transposed", async () => {
  const plan = new PlanBuilder();
  const view = contiguous([columns, rows]);
  const [x, y] = [plan.variable("float32", values()), plan.value("float32", values())];
  const before = plan.load(x, view);
  const transposed = plan.load(y, { shape: [columns, rows], strides: [1, columns], offset: 0 });
  const index = apply("cast", "float32", { kind: "index", dtype: "int32", view: { ...view, strides: [3, -1] } });
  const sum = apply("add", "float32", apply("sub", "float32", before, transposed), index);
  plan.step({
    kind: "map",
    label: "map",
    shape: [columns, rows],
    stores: [
      { place: { buffer: x, view }, expr: sum },
      { place: { buffer: plan.output("float32", [columns, rows]), view }, expr: before },
    ],
  });
  const case_ = plan.build("map", "bits");
  sameResults(case_, expectedOutcome(case_), await outcomeOf(backend, case_));
});

test("a reduction whose outputs are as many", async () => {
  const plan = new PlanBuilder();
  const shape = [rows, columns];
  const input = plan.load(plan.value("float32", values()), {
    shape: [...shape, 2],
    strides: [columns, 1, 0],
    offset: 0,
  });
  const place = { buffer: plan.output("float32", shape), view: contiguous(shape) };
  const bias = plan.load(plan.value("float32", values()), contiguous(shape));
  const expr = apply(
    "max",
    "float32",
    apply("sub", "float32", { kind: "accumulated", dtype: "float32" }, bias),
    constant(0, "float32"),
  );
  plan.step({ kind: "reduce", label: "sum", op: "sum", shape, length: 2, block: 0, input, stores: [{ place, expr }] });
  const case_ = plan.build("reduce", "bits");
  sameResults(case_, expectedOutcome(case_), await outcomeOf(backend, case_));
});

test("a product with large operands and result", async () => {
  const plan = new PlanBuilder();
  const [m, n, k] = [rows, columns, 3];
  const operand = (shape: number[]) => ({
    buffer: plan.value("float32", values().subarray(0, shape[0] * shape[1])),
    view: contiguous(shape),
  });
  plan.step({
    kind: "matmul",
    label: "matmul",
    batch: [],
    m,
    n,
    k,
    a: operand([m, k]),
    b: operand([k, n]),
    c: { buffer: plan.output("float32", [m, n]), view: contiguous([m, n]) },
    symmetric: false,
  });
  const case_ = plan.build("matmul", "bits");
  sameResults(case_, expectedOutcome(case_), await outcomeOf(backend, case_));
});
