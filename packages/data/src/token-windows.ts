import { checkOptions } from "@tsuki/core";
import type { HostGenerator } from "@tsuki/nn";
import { checkWhole } from "./checks.ts";
import type { Dataset } from "./dataset.ts";
import { below } from "./shuffle.ts";

/** The tokens of a text: bytes, or ids of a vocabulary. */
export type Tokens = Uint8Array | Uint16Array | Int32Array;

export interface TokenWindowsOptions {
  /** Tokens of a window, at least 2. */
  readonly length: number;
  /** Token at which the first window begins; default: 0. Each epoch of a loader chooses another. */
  readonly first?: number;
}

/** Where the windows of a text begin: each has one token in common with the next, so that every token is predicted once. */
export function windowStarts(tokens: number, { length, first = 0 }: TokenWindowsOptions): number[] {
  const count = windowCount(tokens, length, first);
  return Array.from({ length: count }, (_, index) => first + index * (length - 1));
}

function windowCount(tokens: number, length: number, first: number): number {
  return Math.max(0, Math.floor((tokens - 1 - first) / (length - 1)));
}

/**
 * The windows of a text: runs of `length` tokens, of which each has one in common with the next, so that every token but
 * the first is predicted once. Each epoch cuts the text at another place; what is too little for a window at its
 * ends is left out.
 */
export class TokenWindows implements Dataset<Tokens> {
  readonly length: number;
  readonly leastLength: number;
  readonly #tokens: Tokens;
  readonly #window: number;
  readonly #first: number;

  /** @throws ArgumentError for a window of less than two tokens. */
  constructor(tokens: Tokens, options: TokenWindowsOptions) {
    checkOptions("TokenWindows", options, "length", "first");
    const { length, first = 0 } = options;
    checkWhole("TokenWindows", "length", length, 2);
    checkWhole("TokenWindows", "first", first, 0);
    this.#tokens = tokens;
    this.#window = length;
    this.#first = first;
    this.length = windowCount(tokens.length, length, first);
    this.leastLength = windowCount(tokens.length, length, length - 2);
  }

  /** A view of the text. */
  get(index: number): Tokens {
    const start = this.#first + index * (this.#window - 1);
    return this.#tokens.subarray(start, start + this.#window);
  }

  beginEpoch(random: HostGenerator): TokenWindows {
    return new TokenWindows(this.#tokens, { length: this.#window, first: below(this.#window - 1, random) });
  }
}
