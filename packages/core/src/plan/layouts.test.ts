import fc from "fast-check";
import { expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../test/conformance/index.ts";
import { draftsOf, resultOf, withSteps } from "../../test/plan/passes.ts";
import { ReferenceBackend } from "../backends/reference/index.ts";
import { apply } from "./expr.ts";
import { layOutProducts } from "./layouts.ts";
import type { MatmulKernel, Place, Step } from "./plan.ts";
import { contiguous, permuteView, reshapeView, rowMajor, sizeOf, sliceView, type View } from "./view.ts";

const numbers = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => ((i * 37) % 101) - 50);

/** A product C [batch, m, n] in a buffer of the plan. */
function product(plan: PlanBuilder, [batch, m, n]: readonly number[], k = 3): Place {
  const operand = (shape: number[]): Place => {
    return { buffer: plan.value("float32", numbers(sizeOf(shape))), view: contiguous(shape) };
  };
  const c = { buffer: plan.temporary("float32", batch * m * n), view: contiguous([batch, m, n]) };
  const operands = { a: operand([batch, m, k]), b: operand([batch, k, n]), c };
  plan.step({ kind: "matmul", label: "product", batch: [batch], m, n, k, ...operands, symmetric: false });
  return c;
}

/** A map over a view of C; `copies`: in two steps, the first of which only copies. */
function read(plan: PlanBuilder, buffer: number, view: View, copies: boolean): void {
  const { shape } = view;
  const own = contiguous(shape);
  let expr = plan.load(buffer, view);
  if (copies) {
    const copy = plan.temporary("float32", sizeOf(shape));
    plan.step({ kind: "map", label: "copy", shape, stores: [{ place: { buffer: copy, view: own }, expr }] });
    expr = plan.load(copy, own);
  }
  const place = { buffer: plan.output("float32", shape), view: own };
  plan.step({ kind: "map", label: "double", shape, stores: [{ place, expr: apply("add", "float32", expr, expr) }] });
}

const extents = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 2, 4, 6), fc.constantFrom(1, 2, 4, 6));
const walks = fc.record({
  split: fc.constantFrom<"none" | "rows" | "columns">("none", "rows", "columns"),
  order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
  half: fc.boolean(),
  joined: fc.boolean(),
  copies: fc.boolean(),
});

function viewOf(
  [batch, m, n]: readonly number[],
  { split, order, half, joined }: typeof walks extends fc.Arbitrary<infer W> ? W : never,
): View {
  const axes = split === "rows" ? [batch, m / 2, 2, n] : split === "columns" ? [batch, m, n / 2, 2] : [batch, m, n, 1];
  const whole = contiguous(axes.every(Number.isInteger) ? axes : [batch, m, n, 1]);
  const permuted = permuteView(whole, order);
  const last = permuted.shape[3];
  const start = last > 1 && half ? Math.floor(last / 2) : 0;
  const ones = [1, 1, 1, 1];
  const sliced = sliceView(permuted, [0, 0, 0, start], ones, [...permuted.shape.slice(0, 3), last - start]);
  const [a, b, ...rest] = sliced.shape;
  return (joined && reshapeView(sliced, [a * b, ...rest])) || sliced;
}

test("results stay the same, whatever order the readers walk in", async () => {
  const reference = new ReferenceBackend();
  let moved = 0;
  const programs = fc.tuple(extents, fc.array(walks, { minLength: 1, maxLength: 3 }));
  await fc.assert(
    fc.asyncProperty(programs, async ([shape, readers]) => {
      const plan = new PlanBuilder();
      const c = product(plan, shape);
      for (const walk of readers) read(plan, c.buffer, viewOf(shape, walk), walk.copies);
      const given = plan.build("layouts", "bits");
      const steps = resultOf(layOutProducts(given.plan.steps, draftsOf(given.plan)));
      if (strides(steps) !== String(rowMajor(shape))) moved++;
      expect(await runCase(reference, withSteps(given, steps))).toEqual(await runCase(reference, given));
    }),
    { numRuns: 150 },
  );
  expect(moved).toBeGreaterThan(20);
});

function strides(steps: readonly Step[]): string {
  return String((steps.find((step) => step.kind === "matmul") as MatmulKernel).c.view.strides);
}

/** The steps of a product [2, 4, 6] with readers of these views. */
function laidOut(copies: boolean, ...views: View[]): Step[] {
  const plan = new PlanBuilder();
  const { buffer } = product(plan, [2, 4, 6]);
  for (const view of views) read(plan, buffer, view, copies);
  const given = plan.build("layouts", "bits").plan;
  return resultOf(layOutProducts(given.steps, draftsOf(given)));
}

const whole = contiguous([2, 4, 6]);
const transposed = permuteView(whole, [0, 2, 1]);

test("a product that is read transposed is written transposed", () => {
  const steps = laidOut(false, transposed);
  expect(strides(steps)).toBe("24,1,4");
  expect(steps[1]).toMatchObject({ stores: [{ expr: { inputs: [{ view: { strides: [24, 4, 1] } }, {}] } }] });
});

test("the order that most elements are read in wins; nothing changes without need", () => {
  expect(strides(laidOut(false, whole))).toBe("24,6,1");
  expect(strides(laidOut(false, transposed, whole))).toBe("24,6,1");
  expect(strides(laidOut(false, transposed, whole, transposed))).toBe("24,1,4");
});

test("a map that only copies into another order goes away", () => {
  const heads = permuteView(whole, [1, 0, 2]);
  const steps = laidOut(true, heads);
  expect(steps.map((step) => step.label)).toEqual(["product", "double"]);
  expect(strides(steps)).toBe("6,12,1");
});

test("a product that a run returns stays in row-major order", () => {
  const plan = new PlanBuilder();
  const c = product(plan, [1, 2, 3]);
  read(plan, c.buffer, permuteView(c.view, [0, 2, 1]), false);
  const given = plan.build("layouts", "bits").plan;
  const drafts = draftsOf(given).map((draft, buffer) => ({ ...draft, output: draft.output || buffer === c.buffer }));
  expect(resultOf(layOutProducts(given.steps, drafts))).toEqual(given.steps);
});
