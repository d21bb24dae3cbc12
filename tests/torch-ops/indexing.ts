import type { Tensor } from "@tsuki/core";
import { type Call, type Mapped, type Mapping, named } from "./mapping.ts";

interface Arguments {
  readonly input: Tensor;
  readonly dim: number;
  readonly index: Tensor;
  readonly source: Tensor;
  readonly alpha?: number;
}

function indexed(names: string, map: (given: Arguments) => Mapped): (call: Call) => Mapped {
  return (call) => map(named(call, ...names.split(" ")) as unknown as Arguments);
}

/** PyTorch takes a scalar for a vector of one entry where an axis is named. */
const vector = (x: Tensor): Tensor => (x.rank === 0 ? x.flatten() : x);

export const indexing: Mapping = {
  gather: indexed("input dim index", ({ input, dim, index }) =>
    vector(input).gather(dim, vector(index)).reshape(index.shape),
  ),
  scatter: indexed("input dim index source", ({ input, dim, index, source }) =>
    vector(input).scatter(dim, vector(index), vector(source)).reshape(input.shape),
  ),
  scatter_add: indexed("input dim index source", ({ input, dim, index, source }) =>
    vector(input).scatterAdd(dim, vector(index), vector(source)).reshape(input.shape),
  ),
  index_select: indexed("input dim index", ({ input, dim, index }) =>
    input.rank === 0 ? input.flatten().indexSelect(dim, index).reshape([]) : input.indexSelect(dim, index),
  ),
  index_add: indexed("input dim index source", ({ input, dim, index, source, alpha = 1 }) =>
    vector(input).indexAdd(dim, index, vector(source).mul(alpha)).reshape(input.shape),
  ),
  take_along_dim: indexed("input index dim", ({ input, index, dim }) => input.takeAlongAxis(index, dim)),
  masked_fill: indexed("input index source", ({ input, index, source }) => input.maskedFill(index, source)),
};
