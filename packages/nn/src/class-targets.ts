import { DTypeError, IndexError, ShapeError, type Tensor, type Variable, where } from "@tsuki/core";

/** How targets that are classes count. */
export interface ClassTargetOptions {
  /** Targets with this value count nothing; default −100. */
  readonly ignoreIndex?: number;
  /** What each class counts, float [V]; default 1. */
  readonly weight?: Tensor | Variable;
  /** The axis of the classes; default the last. */
  readonly axis?: number;
}

/** The fields of `ClassTargetOptions`, and what every loss has. */
export const classTargetNames: readonly string[] = ["ignoreIndex", "weight", "axis", "reduction"];

/** What targets choose from scores [..., V]; each [...]. */
export interface Choice {
  /** The score of the target; that of class 0 where it does not count. */
  readonly chosen: Tensor;
  /** Whether the target counts. */
  readonly counted: Tensor;
  /** What the target counts: its class's weight, 0 where it is ignored. */
  readonly weights: Tensor;
}

/** Chooses the targets' scores: scores [..., V] and targets int32 [...], each in [0, V) or `ignoreIndex`. */
export function choose(scores: Tensor, targets: Tensor, { ignoreIndex = -100, weight }: ClassTargetOptions): Choice {
  const counted = targets.ne(ignoreIndex);
  const places = where(counted, targets, 0);
  const chosen = scores.gather(-1, places.unsqueeze(-1)).squeeze(-1);
  return { chosen, counted, weights: weight ? where(counted, weight.take(places), 0) : counted };
}

/** @throws DTypeError and ShapeError where the targets are no classes, one for each row of scores. */
export function checkClasses(name: string, scores: Tensor, targets: Tensor): void {
  if (targets.dtype !== "int32") throw new DTypeError(`${name}: classes are int32, not ${targets.dtype}`);
  if (String(scores.shape.slice(0, -1)) === String(targets.shape)) return;
  throw new ShapeError(
    `${name}: scores [..., V] and targets [...] are needed, not [${scores.shape}] and [${targets.shape}]`,
  );
}

/** Scores with the axis of their classes moved to the end. */
export function classesLast(name: string, scores: Tensor, axis = -1): Tensor {
  const at = axis < 0 ? axis + scores.rank : axis;
  if (!Number.isInteger(at) || at < 0 || at >= scores.rank) {
    throw new IndexError(`${name}: axis ${axis} is out of range for scores [${scores.shape}]`);
  }
  const others = Array.from(scores.shape.keys()).filter((other) => other !== at);
  return at === scores.rank - 1 ? scores : scores.permute([...others, at]);
}

/** @throws ShapeError where there is not one weight for each class. */
export function checkClassWeights(name: string, scores: Tensor, weight: Tensor | Variable | undefined): void {
  const classes = scores.shape[scores.rank - 1];
  if (!weight || String(weight.shape) === String([classes])) return;
  throw new ShapeError(`${name}: class weights [${classes}] are needed, not [${weight.shape}]`);
}
