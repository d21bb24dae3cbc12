import { arange, DTypeError, ShapeError, type Tensor } from "@tsuki/core";

// B batch, T tokens of a row, n documents

/**
 * Which document each token of a packed row is of: int32 [B, T], from the cumulative lengths 0, n₁, n₁ + n₂, … as
 * FlashAttention's `cu_seqlens`, int32 [n + 1] or [B, n + 1]. What is left behind the last document is one more. Rows of
 * fewer documents repeat their last entry.
 */
export function documentIds(cumulativeLengths: Tensor, length: number): Tensor {
  const { rank, shape, dtype } = cumulativeLengths;
  if (dtype !== "int32") throw new DTypeError(`documentIds: cumulative lengths are int32, not ${dtype}`);
  if ((rank !== 1 && rank !== 2) || shape[rank - 1] < 1) {
    throw new ShapeError(`documentIds: cumulative lengths [n + 1] or [B, n + 1] are needed, not [${shape}]`);
  }
  const ends = cumulativeLengths.slice(-1, 1).reshape([rank === 1 ? 1 : shape[0], 1, shape[rank - 1] - 1]);
  return ends.le(arange(length).reshape([1, length, 1])).sum({ axis: -1 });
}

/** The place of each token in its document, from 0: int32 [B, T], for documents int32 [B, T] that lie in one piece each. */
export function documentPositions(documents: Tensor): Tensor {
  if (documents.rank !== 2 || documents.dtype !== "int32") {
    throw new ShapeError(`documentPositions: int32 [B, T] is needed, not ${documents.dtype} [${documents.shape}]`);
  }
  const length = documents.shape[1];
  const earlier = arange(length).lt(arange(length).reshape([length, 1]));
  return documents.unsqueeze(1).eq(documents.unsqueeze(2)).logicalAnd(earlier).sum({ axis: -1 });
}
