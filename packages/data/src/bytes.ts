/** Tokens that a byte may be. */
export const byteVocabularySize = 256;

/** A text as its UTF-8 bytes, which are its tokens. */
export function encodeBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of UTF-8 bytes; what is none becomes U+FFFD. */
export function decodeBytes(bytes: ArrayLike<number>): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** A text that is safe to print: what would steer a terminal, but for line ends, becomes "·". */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, "·");
}
