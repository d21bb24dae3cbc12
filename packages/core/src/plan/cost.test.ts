import fc from "fast-check";
import { expect, it } from "vitest";
import { costOf } from "./cost.ts";
import { apply, constant, type Expr, type Load } from "./expr.ts";
import type { AttentionKernel, Buffer, MapKernel, MatmulKernel, ReduceKernel } from "./plan.ts";
import { contiguous, expandView, permuteView, sizeOf, sliceView, type View } from "./view.ts";

const buffer = (size: number, dtype: Buffer["dtype"] = "float32"): Buffer => ({
  dtype,
  size,
  source: { kind: "arena", offset: 0 },
  memory: 0,
});

const load = (number: number, view: View, gathers: Load["gathers"] = []): Load => ({
  kind: "load",
  dtype: "float32",
  buffer: number,
  view,
  gathers,
  guard: null,
});

/** A map that stores `expr` to buffer 0. */
const map = (shape: readonly number[], expr: Expr): MapKernel => ({
  kind: "map",
  label: "",
  shape,
  stores: [{ place: { buffer: 0, view: contiguous(shape) }, expr }],
});

const extent = fc.integer({ min: 1, max: 9 });
const shape3 = fc.tuple(extent, extent, extent);
const order = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });

it("a map reads each input once and writes each element once, however it is used and laid out", () => {
  fc.assert(
    fc.property(shape3, order, (shape, axes) => {
      const n = sizeOf(shape);
      const permuted = permuteView(contiguous(shape), axes);
      const x = load(1, permuted);
      const expr = apply("add", "float32", apply("mul", "float32", x, load(1, permuted)), load(2, permuted));
      const cost = costOf(map(permuted.shape, expr), [buffer(n), buffer(n), buffer(n)]);
      expect(cost).toEqual({ flops: 2 * n, bytes: 3 * n * 4 });
    }),
  );
});

it("what is broadcast is read once; halves of a buffer are read apart, overlapping parts as the whole", () => {
  fc.assert(
    fc.property(extent, fc.integer({ min: 2, max: 9 }), (rows, half) => {
      const shape = [rows, half];
      const whole = contiguous([rows, 2 * half]);
      const [left, right] = [0, half].map((start) => load(1, sliceView(whole, [0, start], [1, 1], shape)));
      const [first, second] = [0, 1].map((start) => load(1, sliceView(whole, [0, start], [1, 1], shape)));
      const row = load(2, expandView(contiguous([half]), shape));
      const buffers = [buffer(rows * half), buffer(rows * 2 * half), buffer(half)];
      const bytes = (expr: Expr): number => costOf(map(shape, expr), buffers).bytes / 4 - rows * half;
      expect(bytes(apply("add", "float32", left, right))).toBe(2 * rows * half);
      expect(bytes(apply("add", "float32", first, second))).toBe(2 * rows * half);
      expect(bytes(apply("add", "float32", left, row))).toBe(rows * half + half);
      expect(bytes(constant(1, "float32"))).toBe(0);
    }),
  );
});

it("a gather reads a row for each index, and no more than there is", () => {
  fc.assert(
    fc.property(extent, extent, extent, (tokens, width, vocabulary) => {
      const ids: Load = { ...load(2, { shape: [tokens, width], strides: [1, 0], offset: 0 }), dtype: "int32" };
      const row = { shape: [tokens, width], strides: [0, 1], offset: 0 };
      const expr = load(1, row, [{ index: ids, stride: width, extent: vocabulary, check: 0 }]);
      const buffers = [buffer(tokens * width), buffer(vocabulary * width), buffer(tokens, "int32")];
      const { flops, bytes } = costOf(map([tokens, width], expr), buffers);
      expect(flops).toBe(0);
      expect(bytes / 4).toBe(tokens * width + Math.min(tokens, vocabulary) * width + tokens);
    }),
  );
});

it("a reduction folds each element once; blocks write one result each; storage dtypes count their own bytes", () => {
  fc.assert(
    fc.property(extent, extent, order, (rows, length, axes) => {
      const shape = [rows, 2, length];
      const view = permuteView(contiguous(axes.map((_, axis) => shape[axes.indexOf(axis)])), axes);
      const input = load(1, view);
      const store = (extents: number[]): ReduceKernel["stores"] => [
        {
          place: { buffer: 0, view: contiguous(extents) },
          expr: apply("sqrt", "float32", { kind: "accumulated", dtype: "float32" }),
        },
      ];
      const common = { kind: "reduce", label: "", op: "sum", shape: [rows, 2], length } as const;
      const squared = apply("mul", "float32", input, input);
      const whole = costOf({ ...common, block: 0, input: squared, stores: store([rows, 2]) }, [
        buffer(rows * 2),
        buffer(rows * 2 * length, "bfloat16"),
      ]);
      expect(whole).toEqual({ flops: rows * 2 * (2 * length + 1), bytes: rows * 2 * (4 + 2 * length) });
      const blocks = Math.ceil(length / 4);
      const cut = costOf({ ...common, block: 4, input, stores: store([rows, 2, blocks]) }, [
        buffer(rows * 2 * blocks),
        buffer(rows * 2 * length),
      ]);
      expect(cut).toEqual({ flops: rows * 2 * (length + blocks), bytes: rows * 2 * 4 * (length + blocks) });
    }),
  );
});

it("a product takes 2·m·n·k operations, transposed or symmetric or not", () => {
  const transposed = (rows: number, columns: number): View => permuteView(contiguous([1, columns, rows]), [0, 2, 1]);
  const views = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
  fc.assert(
    fc.property(shape3, extent, views, ([m, n, k], batch, [a, b, symmetric]) => {
      const view = (turned: boolean, rows: number, columns: number): View =>
        expandView(turned ? transposed(rows, columns) : contiguous([1, rows, columns]), [batch, rows, columns]);
      const kernel: MatmulKernel = {
        kind: "matmul",
        label: "",
        batch: [batch],
        m,
        n,
        k,
        a: { buffer: 0, view: contiguous([batch, m, k]) },
        b: { buffer: 1, view: view(b, k, n) },
        c: { buffer: 2, view: contiguous([batch, m, n]) },
        symmetric,
      };
      const buffers = [buffer(batch * m * k), buffer(k * n), buffer(batch * m * n)];
      const elements = batch * m * k + k * n + batch * m * n;
      expect(costOf(kernel, buffers)).toEqual({ flops: 2 * batch * m * n * k, bytes: 4 * elements });
      // X·Xᵀ reads X once.
      const x = { buffer: 0, view: view(a, m, k) };
      const gram = { ...kernel, n: m, a: x, b: { buffer: 0, view: permuteView(x.view, [0, 2, 1]) } };
      const { bytes } = costOf({ ...gram, c: { buffer: 2, view: contiguous([batch, m, m]) } }, [
        buffer(m * k),
        buffer(0),
        buffer(batch * m * m),
      ]);
      expect(bytes).toBe(4 * (m * k + batch * m * m));
    }),
  );
});

it("attention counts its products for the pairs that are seen", () => {
  const place = (number: number, shape: readonly number[]): AttentionKernel["q"] => ({
    buffer: number,
    view: contiguous(shape),
  });
  fc.assert(
    fc.property(shape3, extent, extent, fc.boolean(), ([batch, queries, keys], width, valueWidth, causal) => {
      const heads = 6;
      const kernel: AttentionKernel = {
        kind: "attention",
        label: "",
        batch,
        heads,
        groups: 2,
        queries,
        keys,
        width,
        valueWidth,
        causal,
        scale: constant(1, "float32"),
        q: place(0, [batch, heads, queries, width]),
        k: place(1, [batch, 2, keys, width]),
        v: place(2, [batch, 2, keys, valueWidth]),
        out: place(3, [batch, heads, queries, valueWidth]),
        logSumExp: place(4, [batch, heads, queries]),
      };
      const { q, k, v, out, logSumExp } = kernel;
      const sizes = [q, k, v, out, logSumExp].map(({ view }) => sizeOf(view.shape));
      let pairs = 0;
      for (let i = 0; i < queries; i++) for (let j = 0; j < keys; j++) if (!causal || j <= i + keys - queries) pairs++;
      expect(
        costOf(
          kernel,
          sizes.map((size) => buffer(size)),
        ),
      ).toEqual({
        flops: batch * heads * pairs * 2 * (width + valueWidth),
        bytes: 4 * sizes.reduce((sum, size) => sum + size, 0),
      });
    }),
  );
});
