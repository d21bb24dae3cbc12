/** The linear memory that kernels work on, and who holds which part of it. */
import type { DType, TypedArray } from "../../dtype.ts";
import { dtypes } from "../../dtype.ts";
import { DeviceError } from "../../errors.ts";
import { Allocator } from "./allocator.ts";
import { CONTROL_END } from "./control.ts";

const PAGE = 65536;
/** The whole of a 32-bit address space, and the least that is asked for where the engine does not set so much aside. */
const MAXIMUM_PAGES = 65536;
const LEAST_MAXIMUM = 1024;
/** Pages by which the memory grows at least. */
const GROWTH = 512;

/** What a block is for; named in the error of a full memory. */
export type Purpose = "variables" | "arena" | "cached values" | "programs" | "scratch";

export class Memory {
  readonly memory: WebAssembly.Memory;
  readonly #maximum: number;
  readonly #allocator: Allocator;
  readonly #held: Record<Purpose, number> = {
    variables: 0,
    arena: 0,
    "cached values": 0,
    programs: 0,
    scratch: 0,
  };
  readonly #blocks = new Map<number, { purpose: Purpose; bytes: number }>();
  #bytes: Uint8Array;
  /** Gives memory back where it can be done without; whether it gave any. */
  #release: () => boolean = () => false;

  constructor(shared: boolean) {
    [this.memory, this.#maximum] = setAside(shared);
    this.#allocator = new Allocator(CONTROL_END, PAGE);
    this.#bytes = new Uint8Array(this.memory.buffer);
  }

  /** Registers what is asked for memory before an allocation fails. */
  onShortage(release: () => boolean): void {
    this.#release = release;
  }

  /** Bytes held for a purpose. */
  held(purpose: Purpose): number {
    return this.#held[purpose];
  }

  /** Address of a new block of `bytes`, whose contents are unspecified. @throws DeviceError where memory is full */
  allocate(bytes: number, purpose: Purpose): number {
    let address = this.#allocator.allocate(bytes);
    while (address === 0) {
      if (!this.#grow(bytes) && !this.#release()) throw this.#full(bytes, purpose);
      address = this.#allocator.allocate(bytes);
    }
    this.#blocks.set(address, { purpose, bytes });
    this.#held[purpose] += bytes;
    return address;
  }

  free(address: number): void {
    this.#allocator.free(address);
    const block = this.#blocks.get(address);
    if (block) this.#held[block.purpose] -= block.bytes;
    this.#blocks.delete(address);
  }

  /** Copies host data into memory. */
  write(address: number, data: TypedArray): void {
    this.#view().set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
  }

  /** Copies memory into an ordinary array of its own. */
  read(address: number, dtype: DType, length: number): TypedArray {
    const { bytes, view } = dtypes[dtype];
    const copy = new Uint8Array(length * bytes);
    copy.set(this.#view().subarray(address, address + copy.length));
    return view(copy.buffer, 0, length);
  }

  /** A view of 32-bit words; only to be used before the next allocation. */
  words(address: number, length: number): Int32Array {
    return new Int32Array(this.#view().buffer, address, length);
  }

  #grow(bytes: number): boolean {
    const missing = Math.ceil(this.#allocator.missing(bytes) / PAGE);
    const present = this.memory.buffer.byteLength / PAGE;
    const room = this.#maximum - present;
    if (missing > room) return false;
    try {
      this.memory.grow(Math.min(room, Math.max(missing, GROWTH)));
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#allocator.extend(this.memory.buffer.byteLength);
    return true;
  }

  /** The memory as it is now: growth makes a new buffer. */
  #view(): Uint8Array {
    const { buffer } = this.memory;
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  #full(bytes: number, purpose: Purpose): DeviceError {
    const owners = Object.entries(this.#held)
      .sort((a, b) => b[1] - a[1])
      .map(([name, held]) => `${name} ${megabytes(held)}`);
    const end = this.#maximum === MAXIMUM_PAGES ? "a 32-bit memory" : "the memory that this engine sets aside";
    return new DeviceError(
      `wasm: no memory for ${megabytes(bytes)} of ${purpose}; ${end} ends at ${(this.#maximum * PAGE) / 2 ** 20} MB. ` +
        `Held: ${owners.join(", ")}`,
    );
  }
}

/** A memory and the most pages it may have: browsers of phones set less aside for one that is shared. */
function setAside(shared: boolean): [WebAssembly.Memory, number] {
  for (let maximum = MAXIMUM_PAGES; ; maximum /= 2) {
    try {
      return [new WebAssembly.Memory({ initial: 1, maximum, shared }), maximum];
    } catch (error) {
      if (!(error instanceof RangeError) || maximum <= LEAST_MAXIMUM) throw error;
    }
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
