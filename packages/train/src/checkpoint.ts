import { FormatError, type TensorData } from "@tsuki/core";
import { decodeSafetensors, encodeSafetensors } from "@tsuki/core/safetensors";

/** Where a training is, apart from its tensors. Plain data. */
export interface Position {
  /** Steps done. */
  readonly step: number;
  readonly tokens: number;
  readonly seconds: number;
  /** The last one, and the least. */
  readonly validationLoss: number | null;
  readonly bestLoss: number | null;
  /** Updates that each parameter has had. */
  readonly optimizerSteps: Readonly<Record<string, number>>;
  /** Micro-batches of the step that has begun, whose gradients are held: what each of them reported. */
  readonly accumulated: readonly MicroBatch[];
  /** State of the batches, of what the caller named, and of the default generator of random numbers. */
  readonly batches: unknown;
  readonly state: Readonly<Record<string, unknown>>;
  readonly defaultGenerator: { readonly seed: number; readonly counter: number };
  /** What the bits depend on besides: whether multiply-adds round once. */
  readonly contracted: boolean;
}

/** What a micro-batch reported. */
export interface MicroBatch {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** All that a training needs to go on bit for bit. */
export interface Checkpoint {
  /** Parameters and persistent buffers, with the model's own names. */
  readonly model: Readonly<Record<string, TensorData>>;
  /**
   * The optimizer's state, and what a step that has begun holds: gradients, `<parameter>.grad`, and buffers that are no part
   * of the model's state, `<buffer>.buffer`.
   */
  readonly training: Readonly<Record<string, TensorData>>;
  readonly position: Position;
}

/** Of the tensors of a checkpoint in one file: the model's, and the others. */
const prefixes = { model: "model:", training: "training:" } as const;

/** A checkpoint as one safetensors file, for where there are no folders: a download, a browser's storage. */
export function encodeCheckpoint({ model, training, position }: Checkpoint): Uint8Array {
  const named = (prefix: string, tensors: Checkpoint["model"]): [string, TensorData][] =>
    Object.entries(tensors).map(([name, data]) => [prefix + name, data]);
  const tensors = Object.fromEntries([...named(prefixes.model, model), ...named(prefixes.training, training)]);
  return encodeSafetensors(tensors, { position: JSON.stringify(position) });
}

/**
 * What `encodeCheckpoint` wrote.
 *
 * @param file Named in errors.
 * @throws FormatError for other bytes
 */
export function decodeCheckpoint(bytes: Uint8Array, file = "checkpoint"): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, { file });
  const part = (prefix: string): Record<string, TensorData> =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, data]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), data]] : [],
      ),
    );
  return { model: part(prefixes.model), training: part(prefixes.training), position: parsePosition(metadata, file) };
}

/** @throws FormatError where the metadata of a file hold no position */
export function parsePosition(metadata: Readonly<Record<string, string>>, file: string): Position {
  try {
    const position = JSON.parse(metadata.position);
    if (!Number.isSafeInteger(position.step)) throw new TypeError("it has no step");
    return position;
  } catch (error) {
    throw new FormatError(`${file}: the metadata hold no position of a training`, { cause: error });
  }
}
