import type { Memory, Purpose } from "./memory.ts";

/** A block that all programs share, as large as the largest of them needs. */
export class Region {
  readonly #memory: Memory;
  readonly #purpose: Purpose;
  #address = 0;
  #bytes = 0;

  constructor(memory: Memory, purpose: Purpose) {
    this.#memory = memory;
    this.#purpose = purpose;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Address of at least `bytes`; what lay there may be lost. */
  reserve(bytes: number): number {
    if (bytes > this.#bytes || this.#address === 0) {
      if (this.#address !== 0) this.#memory.free(this.#address);
      this.#address = 0;
      this.#bytes = 0;
      this.#address = this.#memory.allocate(bytes, this.#purpose);
      this.#bytes = bytes;
    }
    return this.#address;
  }
}
