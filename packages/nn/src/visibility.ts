import { ArgumentError, arange, DTypeError, ShapeError, type Tensor } from "@tsuki/core";

/** Which keys a query sees; what is left out excludes none. */
export interface VisibilityOptions {
  /**
   * Whether a query sees only keys up to its own place; the last query is at the place of the last key (PyTorch's
   * `is_causal` has the first query at the first key: the same for equal lengths). Default false.
   */
  readonly causal?: boolean;
  /** The query sees only keys less than this many places away: with `causal` the last ones, as many, its own included. */
  readonly window?: number;
  /**
   * Which keys may be seen: bool [batch, keys] (false: padding), or [batch or 1, heads or 1, queries or 1, keys]. One
   * [queries, keys] for all of the batch is `mask.reshape([1, 1, queries, keys])`: of rank 2 it would be one of padding.
   */
  readonly mask?: Tensor;
  /** Which document each key is of: int32 [batch or 1, keys]. A query sees its own, which is that of the key at its place. */
  readonly documents?: Tensor;
}

/** What each query sees, bool and broadcasting to [batch, heads, queries, keys]; `null`: all. */
export function visibleKeys(options: VisibilityOptions, shape: readonly number[]): Tensor | null {
  const { mask, documents } = options;
  const seen = [
    ...order(options, shape),
    ...(mask ? [broadcastMask(mask, shape)] : []),
    ...(documents ? [sameDocument(documents, shape)] : []),
  ];
  return seen.length === 0 ? null : seen.reduce((all, one) => all.logicalAnd(one));
}

/** What follows from the places alone, each [queries, keys]. */
function order({ causal, window }: VisibilityOptions, [, , queries, keys]: readonly number[]): Tensor[] {
  if (window !== undefined && !(Number.isInteger(window) && window >= 1)) {
    throw new ArgumentError(`scaledDotProductAttention: the window is a whole number ≥ 1, not ${window}`);
  }
  const [query, key] = [arange(keys - queries, keys).reshape([queries, 1]), arange(keys)];
  return [
    ...(causal ? [key.le(query)] : []),
    ...(window !== undefined ? [query.sub(key).lt(window)] : []),
    ...(window !== undefined && !causal ? [key.sub(query).lt(window)] : []),
  ];
}

/** A mask that broadcasts to [B, H, Tq, Tk]. */
function broadcastMask(mask: Tensor, shape: readonly number[]): Tensor {
  if (mask.dtype !== "bool") {
    throw new DTypeError(
      `scaledDotProductAttention: the mask is bool (true: seen), not ${mask.dtype}; cast("bool") it, or give it as bias`,
    );
  }
  const [batch, , , keys] = shape;
  const whole = mask.rank === 2 ? mask.reshape([mask.shape[0], 1, 1, mask.shape[1]]) : mask;
  if (whole.rank !== 4 || whole.shape.some((extent, axis) => extent !== 1 && extent !== shape[axis])) {
    throw new ShapeError(
      `scaledDotProductAttention: a mask [${batch}, ${keys}] or one that broadcasts to [${shape}] is needed, not [${mask.shape}]`,
    );
  }
  return whole;
}

/** [B or 1, 1, Tq, Tk] */
function sameDocument(documents: Tensor, [batch, , queries, keys]: readonly number[]): Tensor {
  const [rows, length] = documents.shape;
  const fits = documents.rank === 2 && (rows === batch || rows === 1) && length === keys && queries <= keys;
  if (!fits || documents.dtype !== "int32") {
    throw new ShapeError(
      `scaledDotProductAttention: documents int32 [${batch}, ${keys}] are needed for ${queries} queries at the last of ` +
        `${keys} keys, not ${documents.dtype} [${documents.shape}]`,
    );
  }
  return documents
    .slice(1, keys - queries)
    .reshape([rows, 1, queries, 1])
    .eq(documents.reshape([rows, 1, 1, keys]));
}
