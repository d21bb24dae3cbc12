import { arange, groupBy, histogram, oneHot, ones, segmentSum, take, tensor, variable, zeros } from "@tsuki/core";
import { type Cases, wrong } from "./collect.ts";

const x = ones([2, 3]);
const ids = tensor([0, 1], { dtype: "int32" });
const far = tensor([0, 5], { dtype: "int32" });
const farPlaces = tensor([[0], [5]], { dtype: "int32" });
const places = zeros([2, 1], { dtype: "int32" });
/** Known only when the plan runs. */
const computed = (): ReturnType<typeof ids.add> => variable(far).add(0);

export const indexing: Cases = {
  "tensor(1).take(0)": () => tensor(1).take(0),
  "x [2,3] .take(ones([2]))": () => x.take(ones([2])),
  "x.take([0, 1])": () => x.take(wrong([0, 1])),
  "x.take(2)": () => x.take(2),
  "x.take(-1)": () => x.take(-1),
  "x.take(0.5)": () => x.take(0.5),
  "x.take([0, 5] of int32)": () => x.take(far),
  "take(x, computed [0, 5]).data()": () => take(x, computed()).data(),
  "x.gather(2, places)": () => x.gather(2, places),
  "x.gather(0, [0, 1])": () => x.gather(0, wrong([0, 1])),
  "x.gather(0, ones([2, 3]))": () => x.gather(0, x),
  "x.gather(0, int32 [2])": () => x.gather(0, ids),
  "x.gather(0, int32 [2, 4])": () => x.gather(0, zeros([2, 4], { dtype: "int32" })),
  "x.gather(1, [[0], [5]])": () => x.gather(1, farPlaces),
  "x.gather(1, computed).data()": () => x.gather(1, computed().reshape([2, 1])).data(),
  "x.takeAlongAxis(int32 [2], 0)": () => x.takeAlongAxis(ids, 0),
  "x.takeAlongAxis(int32 [2, 4], 0)": () => x.takeAlongAxis(zeros([2, 4], { dtype: "int32" }), 0),
  "x.takeAlongAxis(places, 2)": () => x.takeAlongAxis(places, 2),
  "x.takeAlongAxis([0, 9] of int32)": () => x.takeAlongAxis(tensor([0, 9], { dtype: "int32" })),
  "x.takeAlongAxis([[0], [5]], 1)": () => x.takeAlongAxis(farPlaces, 1),
  "x.indexSelect(2, ids)": () => x.indexSelect(2, ids),
  "x.indexSelect(0, places)": () => x.indexSelect(0, places),
  "x.indexSelect(1, [0, 5] of int32)": () => x.indexSelect(1, far),
  "x.indexSelect(1, computed).data()": () => x.indexSelect(1, computed()).data(),
  "x.indexSelect(1, 5)": () => x.indexSelect(1, 5),
  "x.scatter(2, places, 0)": () => x.scatter(2, places, 0),
  "x.scatter(1, ids, 0)": () => x.scatter(1, ids, 0),
  "x.scatter(1, places, ones([1, 1]))": () => x.scatter(1, places, ones([1, 1])),
  "x.scatter(1, places, int32)": () => x.scatter(1, places, places),
  "x.scatter(1, [[0], [5]], 0)": () => x.scatter(1, farPlaces, 0),
  "x.scatter(1, computed, 0).data()": () => x.scatter(1, computed().reshape([2, 1]), 0).data(),
  "int32 .scatter(0, ids, 0.5)": () => ids.scatter(0, ids, 0.5),
  "zeros([0]).scatter(0, computed, 0)": () => zeros([0]).scatter(0, computed(), 0),
  "x.scatterAdd(2, places, 0)": () => x.scatterAdd(2, places, 0),
  "x.scatterAdd(1, places, ones([1, 1]))": () => x.scatterAdd(1, places, ones([1, 1])),
  "int32 .scatterAdd(0, ids, 1)": () => ids.scatterAdd(0, ids, 1),
  "x.scatterAdd(1, [[0], [5]], 0)": () => x.scatterAdd(1, farPlaces, 0),
  "x.indexAdd(0, ids, ones([2, 2]))": () => x.indexAdd(0, ids, ones([2, 2])),
  "x.indexAdd(0, ids, ones([3, 3]))": () => x.indexAdd(0, ids, ones([3, 3])),
  "x.indexAdd(0, places, x)": () => x.indexAdd(0, places, x),
  "x.indexAdd(2, ids, x)": () => x.indexAdd(2, ids, x),
  "x.indexAdd(0, [0, 5] of int32, x)": () => x.indexAdd(0, far, x),
  "int32 .indexAdd(0, ids, int32)": () => ids.indexAdd(0, ids, ids),
  "x.maskedFill(x, 0)": () => x.maskedFill(x, 0),
  "x.maskedFill([4] of bool, 0)": () => x.maskedFill(ones([4]).gt(0), 0),
  "int32 .maskedFill(mask, 0.5)": () => ids.maskedFill(ids.gt(0), 0.5),
  "int32 .maskedFill(mask, tensor(0.5))": () => ids.maskedFill(ids.gt(0), tensor(0.5)),
  "bool .maskedFill(mask, 2.5 of float32)": () => x.gt(0).maskedFill(x.gt(0), x),
};

export const grouping: Cases = {
  "groupBy(x, 2)": () => groupBy(x, 2),
  "groupBy(places, 2)": () => groupBy(places, 2),
  "groupBy(ids, 0)": () => groupBy(ids, 0),
  "groupBy(ids, 1.5)": () => groupBy(ids, 1.5),
  "groupBy([0, 5] of int32, 2)": () => groupBy(far, 2),
  "groupBy(computed, 2).data()": () => groupBy(computed(), 2).permutation.data(),
  "segmentSum(x, places, 2)": () => segmentSum(x, places, 2),
  "segmentSum(x, arange(3), 2)": () => segmentSum(x, arange(3), 2),
  "x.segmentSum(ids, -1)": () => x.segmentSum(ids, -1),
  "x.segmentSum([0, 5] of int32, 2)": () => x.segmentSum(far, 2),
  "int32 .segmentSum(ids, 2)": () => ids.segmentSum(ids, 2),
  "oneHot(x, 3)": () => oneHot(x, 3),
  "oneHot(ids, 2.5)": () => oneHot(ids, 2.5),
  "oneHot(ids)": () => oneHot(ids, wrong(undefined)),
  "histogram(x, 3)": () => histogram(x, 3),
  "histogram(ids, -1)": () => histogram(ids, -1),
};
