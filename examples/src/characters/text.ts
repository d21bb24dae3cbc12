import { readFileSync } from "node:fs";
import { UsageError } from "@tsuki/train/node";
import { type Corpus, readCorpus } from "../moonlight/text.ts";

/**
 * A text as bytes; of a file the last tenth is held out, of Moby-Dick the last chapters.
 *
 * @throws UsageError for a file that cannot be read
 */
export function readText(path: string | null): Corpus {
  if (path === null) return readCorpus();
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`error: --text ${path}: ${(error as Error).message}`);
  }
  const cut = begin(bytes, Math.floor(bytes.length * 0.9));
  return { training: bytes.subarray(0, cut), validation: bytes.subarray(cut) };
}

/** The first place from `place` on where a character of UTF-8 begins. */
function begin(bytes: Uint8Array, place: number): number {
  let at = place;
  while ((bytes[at] & 0xc0) === 0x80) at++;
  return at;
}

/** Characters of UTF-8: bytes that go on with none before them. */
export function countCharacters(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => count + Number((byte & 0xc0) !== 0x80), 0);
}
