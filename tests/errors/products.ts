import { arange, dot, einsum, groupedMatmul, matmul, ones, outer, tensor, tensordot, zeros } from "@tsuki/core";
import { type Cases, wrong } from "./collect.ts";

const x = ones([2, 3]);
const double = zeros([3, 2], { dtype: "float64" });
const offsets = tensor([0, 1, 2], { dtype: "int32" });

export const products: Cases = {
  "x [2,3] .matmul(x)": () => x.matmul(x),
  "x.matmul(tensor(1))": () => x.matmul(tensor(1)),
  "matmul(tensor(1), x)": () => matmul(tensor(1), x),
  "x.matmul(2)": () => x.matmul(2),
  "x.matmul(float64)": () => x.matmul(double),
  "int32 .matmul(int32)": () => x.cast("int32").matmul(ones([3, 2], { dtype: "int32" })),
  "ones([2, 2, 3]).matmul(ones([4, 3, 2]))": () => ones([2, 2, 3]).matmul(ones([4, 3, 2])),
  "ones([4]).matmul(x)": () => ones([4]).matmul(x),
  "x.matmul(ones([4]))": () => x.matmul(ones([4])),
  "x.matmul(ones([3, 4]), { symmetric: true })": () => x.matmul(ones([3, 4]), { symmetric: true }),
  "x.matmul(x.transpose(), true)": () => x.matmul(x.transpose(), wrong(true)),
  "x.matmul(x, { transpose: true })": () => x.matmul(x, wrong({ transpose: true })),
  "dot(x, x)": () => dot(x, x),
  "dot(ones([2]), ones([3]))": () => dot(ones([2]), ones([3])),
  "outer(x, ones([3]))": () => outer(x, ones([3])),
  "x.tensordot(x)": () => x.tensordot(x, 1),
  "tensordot(x, x, -1)": () => tensordot(x, x, -1),
  "tensordot(x, x, [1, 0])": () => tensordot(x, x, wrong([1, 0])),
  "tensordot(x, x, 3)": () => tensordot(x, x, 3),
  "tensordot(x, x, [[2], [0]])": () => tensordot(x, x, [[2], [0]]),
  "tensordot(x, x, [[0, 1], [0]])": () => tensordot(x, x, [[0, 1], [0]]),
  "tensordot(x, x, [[0, 0], [0, 0]])": () =>
    tensordot(x, x, [
      [0, 0],
      [0, 0],
    ]),
  'einsum("ij,jk->ik", x)': () => einsum("ij,jk->ik", x),
  'einsum("ij,jk->ik", x, x)': () => einsum("ij,jk->ik", x, x),
  'einsum("ijk->i", x)': () => einsum("ijk->i", x),
  'einsum("i1->i", x)': () => einsum("i1->i", x),
  'einsum("ii->i", x)': () => einsum("ii->i", x),
  'einsum("ij->ii", x)': () => einsum("ij->ii", x),
  'einsum("ij->k", x)': () => einsum("ij->k", x),
  'einsum("ij->i->j", x)': () => einsum("ij->i->j", x),
  'einsum("ij", [[1]])': () => einsum("ij", wrong([[1]])),
  "einsum(x, x)": () => einsum(wrong(x), x),
  'einsum("ij,jk", x, float64)': () => einsum("ij,jk", x, double),
  "groupedMatmul(x, x, offsets)": () => groupedMatmul(x, x, offsets),
  "groupedMatmul(x, ones([1, 3, 2]), offsets)": () => groupedMatmul(x, ones([1, 3, 2]), offsets),
  "groupedMatmul(x, ones([2, 4, 2]), offsets)": () => groupedMatmul(x, ones([2, 4, 2]), offsets),
  "groupedMatmul(x, ones([2, 3, 2]), float32)": () => groupedMatmul(x, ones([2, 3, 2]), ones([3])),
  "groupedMatmul(int32)": () => groupedMatmul(x.cast("int32"), ones([2, 3, 2], { dtype: "int32" }), offsets),
  "groupedMatmul(x, float64, offsets)": () => groupedMatmul(x, ones([2, 3, 2], { dtype: "float64" }), offsets),
  "arange(3).dot([1, 2, 3])": () => arange(3).dot(wrong([1, 2, 3])),
};
