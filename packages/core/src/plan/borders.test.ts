import fc from "fast-check";
import { expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../test/conformance/index.ts";
import { draftsOf, resultOf, withSteps } from "../../test/plan/passes.ts";
import { ReferenceBackend } from "../backends/reference/index.ts";
import { cutAtBorders } from "./borders.ts";
import { apply, topological } from "./expr.ts";
import type { MapKernel } from "./plan.ts";
import { padValue } from "./value.ts";
import { contiguous, sizeOf } from "./view.ts";

interface Piece {
  readonly before: readonly number[];
  readonly shape: readonly number[];
}

/** A map that adds padded pieces, as the gradient of slices does. */
function sumOfPieces(shape: readonly number[], pieces: readonly Piece[]) {
  const plan = new PlanBuilder();
  const padded = pieces.map(({ before, shape: extents }, p) => {
    const data = Float32Array.from({ length: sizeOf(extents) }, (_, i) => ((i * 31) % 97) - 48 + p / 4);
    const expr = plan.load(plan.value("float32", data), contiguous(extents));
    return padValue({ shape: extents, expr }, before, shape, -0).expr;
  });
  const expr = padded.reduce((sum, term) => apply("add", "float32", sum, term));
  const place = { buffer: plan.output("float32", shape), view: contiguous(shape) };
  plan.step({ kind: "map", label: "pieces", shape, stores: [{ place, expr }] });
  return plan.build("borders", "bits");
}

const programs = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }))
  .map(([a, b]) => [a, Math.ceil(4096 / (a * b)), b])
  .chain((shape) => {
    const span = (extent: number): fc.Arbitrary<number[]> =>
      fc.oneof(
        fc.constant<number[]>([0, extent]),
        fc
          .tuple(fc.nat(extent - 1), fc.nat(extent))
          .map(([start, n]) => [start, Math.max(1, Math.min(n, extent - start))]),
      );
    const piece = fc.tuple(span(shape[0]), fc.constant([0, shape[1]]), span(shape[2])).map((spans) => {
      return { before: spans.map(([start]) => start), shape: spans.map(([, extent]) => extent) };
    });
    return fc.tuple(fc.constant(shape), fc.array(piece, { minLength: 1, maxLength: 2 }));
  });

test("the pieces of a map give what the whole gives", async () => {
  const reference = new ReferenceBackend();
  let cut = 0;
  await fc.assert(
    fc.asyncProperty(programs, async ([shape, pieces]) => {
      const given = sumOfPieces(shape, pieces);
      const steps = resultOf(cutAtBorders(given.plan.steps, draftsOf(given.plan)));
      if (steps.length > 1) cut++;
      expect(await runCase(reference, withSteps(given, steps))).toEqual(await runCase(reference, given));
    }),
    { numRuns: 40 },
  );
  expect(cut).toBeGreaterThan(10);
});

test("no guard and no choice is left inside the pieces", () => {
  const halves = [0, 32].map((start) => ({ before: [0, 0, start], shape: [4, 16, 32] }));
  const { plan } = sumOfPieces([4, 16, 64], halves);
  const steps = resultOf(cutAtBorders(plan.steps, draftsOf(plan))) as MapKernel[];
  expect(steps.map((step) => step.shape)).toEqual([
    [4, 16, 32],
    [4, 16, 32],
  ]);
  for (const { stores } of steps) {
    const exprs = topological(stores.map((store) => store.expr));
    expect(exprs.filter((e) => e.kind === "apply").map((e) => e.op)).toEqual(["add"]);
    expect(exprs.filter((e) => e.kind === "load").map((e) => e.guard)).toEqual([null]);
  }
});

test("small maps, and those that write a variable, stay whole", () => {
  const halves = [0, 2].map((start) => ({ before: [0, start], shape: [4, 2] }));
  const small = sumOfPieces([4, 4], halves).plan;
  expect(resultOf(cutAtBorders(small.steps, draftsOf(small)))).toEqual(small.steps);
  const large = sumOfPieces(
    [4096, 4],
    halves.map(({ before }) => ({ before, shape: [4096, 2] })),
  ).plan;
  const drafts = draftsOf(large);
  expect(resultOf(cutAtBorders(large.steps, drafts))).toHaveLength(2);
  const targets = drafts.map((draft) => (draft.output ? { ...draft, target: 0 } : draft));
  expect(resultOf(cutAtBorders(large.steps, targets))).toEqual(large.steps);
});
