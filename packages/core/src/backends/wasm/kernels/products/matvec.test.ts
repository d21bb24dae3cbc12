import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "../../../../../test/wasm/launch.ts";
import { gather, type Layout, layouts, place, randomArray } from "../../../../../test/wasm/places.ts";
import type { GroupedRowsKernel, MatmulKernel } from "../../../../plan/plan.ts";
import { contiguous, permuteView, sizeOf } from "../../../../plan/view.ts";
import { narrow, widen } from "../../../reference/storage.ts";
import { type Storage, storageIn } from "../place.ts";
import type { Stored } from "../stored.ts";
import { tiles } from "../tile.ts";
import { groupedRows } from "./grouped.ts";
import { matmul } from "./matmul.ts";
import { byPanels } from "./matmul-panels.ts";
import { orient } from "./matmul-shape.ts";
import { fewRows, matvec } from "./matvec.ts";
import { productCode } from "./product.ts";

const stored = fc.constantFrom<Stored>("float32", "bfloat16", "float16");

interface Operand {
  readonly layout: Layout;
  readonly stored: Stored;
  /** As a test's memory has it: words of 32 bits. */
  readonly words: Float32Array;
  /** The elements, widened. */
  readonly elements: Float32Array;
}

function operand(layout: Layout, as: Stored, seed: number): Operand {
  const exact = randomArray(layout.size, seed);
  if (as === "float32") return { layout, stored: as, words: exact, elements: exact };
  const bits = narrow(exact, as);
  const words = new Float32Array(Math.ceil(layout.size / 2));
  new Uint16Array(words.buffer).set(bits);
  return { layout, stored: as, words, elements: widen(bits, as) as Float32Array };
}

/** Columns of B side by side, or its depth: what is not transposed by chance. */
function weights(batch: readonly number[], k: number, n: number): fc.Arbitrary<Layout> {
  const swapped = [...batch, n, k];
  const order = [...batch.keys(), batch.length + 1, batch.length];
  const transposed = layouts(swapped).map(({ view, size }) => ({ view: permuteView(view, order), size }));
  return fc.oneof(layouts([...batch, k, n]), transposed);
}

const extents = fc.record({
  batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  m: fc.integer({ min: 1, max: 8 }),
  n: fc.oneof(fc.nat(20), fc.constantFrom(32, 70, 140)),
  k: fc.oneof(fc.nat(40), fc.constantFrom(64, 129)),
});
const products = extents.chain(({ batch, m, n, k }) =>
  fc
    .record({
      a: layouts([...batch, m, k], { repeats: true }),
      b: weights(batch, k, n),
      c: layouts([...batch, m, n]),
      stored: fc.tuple(stored, stored),
      seed: fc.integer(),
    })
    .map(({ a, b, c, stored: [left, right], seed }) => {
      const places = { a: place(0, a), b: place(1, b), c: place(2, c) };
      const kernel: MatmulKernel = { kind: "matmul", label: "matmul", batch, m, n, k, ...places, symmetric: false };
      return { kernel, a: operand(a, left, seed), b: operand(b, right, seed + 1), c: new Float32Array(c.size) };
    }),
);

const storages = (...operands: readonly { readonly stored: Stored }[]): Storage =>
  storageIn([...operands.map((each) => ({ dtype: each.stored })), { dtype: "float32" }, { dtype: "float32" }]);

test("few rows: the bits of the packed product of the widened operands, at any number of threads", () => {
  fc.assert(
    fc.property(
      products,
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      fc.boolean(),
      ({ kernel, a, b, c }, threads, relaxed, concurrent) => {
        const options = { tile: tiles.narrow, relaxed, concurrent };
        const [plain, own] = [orient(kernel), orient(kernel, storages(a, b))];
        const packed = byPanels(plain, productCode(options, plain.layouts, plain));
        if (sizeOf(kernel.c.view.shape) === 0) return;
        const expected = run(packed, [a.elements, b.elements, c], 1).buffers[2];
        const buffers = [a.words, b.words, c];
        const outcomes = [byPanels(own, productCode(options, own.layouts, own))];
        if (fewRows(own)) outcomes.push(matvec(own, options));
        outcomes.push(matmul(kernel, options, storages(a, b)));
        const wanted = gather(expected as Float32Array, kernel.c.view);
        for (const launch of outcomes) {
          expect(gather(run(launch, buffers, threads).buffers[2] as Float32Array, kernel.c.view)).toEqual(wanted);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("few rows by group: the bits of the packed products, whatever the groups and the storage", () => {
  const groupings = fc.record({
    lengths: fc.array(fc.constantFrom<number>(0, 0, 0, 1, 1, 2), { minLength: 1, maxLength: 8 }),
    n: fc.oneof(fc.nat(20), fc.constantFrom(70)),
    k: fc.oneof(fc.nat(20), fc.constantFrom(65)),
  });
  const cases = groupings.chain(({ lengths, n, k }) => {
    const groups = lengths.length;
    const rows = lengths.reduce<number>((sum, length) => sum + length, 0);
    return fc.record({
      lengths: fc.constant(lengths),
      extents: fc.constant({ groups, rows, n, k }),
      a: layouts([rows, k], { repeats: true }),
      b: weights([groups], k, n),
      c: layouts([rows, n]),
      stored: fc.tuple(stored, stored),
      seed: fc.integer(),
    });
  });
  fc.assert(
    fc.property(
      cases,
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      ({ lengths, extents: { groups, rows, n, k }, a, b, c, stored: [left, right], seed }, threads, concurrent) => {
        const [x, w] = [operand(a, left, seed), operand(b, right, seed + 1)];
        const offsets = new Int32Array(groups + 1);
        for (const [group, length] of lengths.entries()) offsets[group + 1] = offsets[group] + length;
        const places = { a: place(0, a), b: place(1, b), c: place(2, c) };
        const bounds = { buffer: 3, view: contiguous([groups + 1]) };
        const kernel: GroupedRowsKernel = {
          kind: "groupedRows",
          label: "experts",
          ...{ rows, n, k, groups },
          ...places,
          offsets: bounds,
        };
        const options = { tile: tiles.narrow, relaxed: true, concurrent };
        const storage = (place: { readonly buffer: number }): Stored =>
          place.buffer === 0 ? left : place.buffer === 1 ? right : "float32";
        const buffers = [x.words, w.words, new Float32Array(c.size), offsets];
        const result = run(groupedRows(kernel, options, storage), buffers, threads).buffers[2] as Float32Array;
        const found = gather(result, c.view);
        for (const [group, first] of offsets.subarray(0, groups).entries()) {
          for (let row = first; row < offsets[group + 1]; row++) {
            const at = (view: Layout["view"], index: number, axes: number[]): Layout["view"] => ({
              shape: axes.map((axis) => view.shape[axis]),
              strides: axes.map((axis) => view.strides[axis]),
              offset: view.offset + index * view.strides[0],
            });
            const one: MatmulKernel = {
              ...{ kind: "matmul", label: "matmul", batch: [], m: 1, n, k, symmetric: false },
              a: { buffer: 0, view: { ...at(a.view, row, [0, 1]), shape: [1, k] } },
              b: { buffer: 1, view: at(b.view, group, [1, 2]) },
              c: { buffer: 2, view: contiguous([1, n]) },
            };
            const shape = orient(one);
            if (n === 0) continue;
            const packed = byPanels(shape, productCode(options, shape.layouts, shape));
            const [, , expected] = run(packed, [x.elements, w.elements, new Float32Array(n)], 1).buffers;
            expect(found.slice(row * n, row * n + n)).toEqual([...expected]);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("of many rows B is packed", () => {
  const dense = (...shape: number[]): Layout => ({ view: contiguous(shape), size: sizeOf(shape) });
  const keyOf = (m: number): string => {
    const places = { a: place(0, dense(m, 64)), b: place(1, dense(64, 64)), c: place(2, dense(m, 64)) };
    const kernel: MatmulKernel = { kind: "matmul", label: "", batch: [], m, n: 64, k: 64, ...places, symmetric: false };
    return matmul(kernel, { tile: tiles.narrow, relaxed: true, concurrent: false }).phases[0].code.key;
  };
  expect([1, 8, 9].map((m) => keyOf(m).split(":")[0])).toEqual(["matvec", "matvec", "matmulPanels"]);
});
