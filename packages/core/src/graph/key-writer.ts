/** Integers in a row, in memory that is used again for the next row. */
export class KeyWriter {
  #words = new Int32Array(1 << 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What has been written; overwritten after `clear`. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  push(value: number): void {
    if (this.#length === this.#words.length) {
      const larger = new Int32Array(2 * this.#length);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.#length++] = value;
  }

  pushAll(values: readonly number[]): void {
    for (let i = 0; i < values.length; i++) this.push(values[i]);
  }

  pushAllOf(other: KeyWriter): void {
    for (let i = 0; i < other.#length; i++) this.push(other.#words[i]);
  }
}
