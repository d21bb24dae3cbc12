/** Data sets, loaders that resume exactly, packing, NumPy files. */
export { type BatchesOptions, batches } from "./batches.ts";
export { byteVocabularySize, decodeBytes, encodeBytes, printable } from "./bytes.ts";
export {
  type ChatMessage,
  type ChatOptions,
  type ChatTemplate,
  chatExample,
  chatPrompt,
  moonlightTemplate,
  type Piece,
} from "./chat.ts";
export { type Collate, type Collated, collate, ignoredLabel, type Row } from "./collate.ts";
export type { Dataset } from "./dataset.ts";
export { type Document, documentOf } from "./document.ts";
export { type EvaluationBatch, type EvaluationOptions, evaluationBatches, validationLoss } from "./evaluation.ts";
export { Loader, type LoaderOptions, type LoaderState } from "./loader.ts";
export { decodeNpy, encodeNpy } from "./npy/npy.ts";
export { decodeNpz, type EncodeNpzOptions, encodeNpz } from "./npy/npz.ts";
export { type PackedRow, type PackOptions, type PackState, packDocuments, packStream } from "./pack.ts";
export { type PrefetchedStream, prefetch } from "./prefetch.ts";
export { type ShuffleOptions, type ShuffleState, shuffleStream } from "./shuffle-buffer.ts";
export {
  type EndlessStream,
  mapStream,
  type RepeatedState,
  repeat,
  type Stream,
  streamOf,
} from "./stream.ts";
export { TensorDataset } from "./tensor-dataset.ts";
export { type Tokens, TokenWindows, type TokenWindowsOptions } from "./token-windows.ts";
