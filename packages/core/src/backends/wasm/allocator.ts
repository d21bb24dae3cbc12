import { present } from "../../invariant.ts";

/** Blocks start at multiples of a cache line. */
const ALIGNMENT = 64;
/** Bytes behind every block that a 16-byte access of its last elements may touch. */
const PADDING = 64;

interface Block {
  start: number;
  end: number;
}

/**
 * A first-fit free list over a growing range of addresses: neighbouring free blocks are merged, so that what was freed
 * can become one larger block again. It keeps only numbers; the memory itself lies elsewhere.
 */
export class Allocator {
  readonly #free: Block[];
  readonly #sizes = new Map<number, number>();
  #end: number;

  /** Manages the addresses `start` (above 0, so that an access a little before a block stays in memory) … `end`. */
  constructor(start: number, end: number) {
    this.#free = end > start ? [{ start, end }] : [];
    this.#end = end;
  }

  /** Address of a block of `bytes`, or 0 where no free block is large enough. */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    const index = this.#free.findIndex((block) => block.end - block.start >= size);
    if (index < 0) return 0;
    const block = this.#free[index];
    const address = block.start;
    block.start += size;
    if (block.start === block.end) this.#free.splice(index, 1);
    this.#sizes.set(address, size);
    return address;
  }

  free(address: number): void {
    const size = present(this.#sizes.get(address));
    this.#sizes.delete(address);
    this.#insert(address, address + size);
  }

  /** Adds the addresses from the present end up to `end`. */
  extend(end: number): void {
    const start = this.#end;
    this.#end = end;
    this.#insert(start, end);
  }

  /** By how many bytes the range must grow so that a block of `bytes` fits. */
  missing(bytes: number): number {
    const last = this.#free[this.#free.length - 1];
    const tail = last !== undefined && last.end === this.#end ? last.end - last.start : 0;
    return Math.max(0, blockSize(bytes) - tail);
  }

  #insert(start: number, end: number): void {
    let index = this.#free.findIndex((block) => block.start > start);
    if (index < 0) index = this.#free.length;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    const joinsBefore = before !== undefined && before.end === start;
    const joinsAfter = after !== undefined && after.start === end;
    if (joinsBefore && joinsAfter) {
      before.end = after.end;
      this.#free.splice(index, 1);
    } else if (joinsBefore) before.end = end;
    else if (joinsAfter) after.start = start;
    else this.#free.splice(index, 0, { start, end });
  }
}

function blockSize(bytes: number): number {
  return Math.ceil((bytes + PADDING) / ALIGNMENT) * ALIGNMENT;
}
