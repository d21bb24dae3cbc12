import type { DType } from "../../../dtype.ts";
import { type Access, loadLanes, loadSplat, loadVector } from "../codegen/access.ts";
import { Constants } from "../codegen/constants.ts";
import { widenHalf } from "../codegen/half.ts";
import { FunctionBuilder, i32, i32x4, type Value, type Vector, v128 } from "../emit/index.ts";

/** How the operands of products may lie in memory. */
export type Stored = "float32" | "bfloat16" | "float16";

/** Reads an operand's elements, widened to float32. */
export interface Reader {
  /** Bytes of an element. */
  readonly bytes: number;
  /** Elements in a 32-bit word. */
  readonly perWord: number;
  /** The bits of one element. */
  bits(address: Value<"i32">, offset?: number): Value<"i32">;
  /** One element in all lanes. */
  splat(address: Value<"i32">, offset?: number): Vector;
  /** Four neighbours. */
  vector(address: Value<"i32">, offset?: number): Vector;
  /** Four elements at four addresses. */
  lanes(addresses: readonly Value<"i32">[]): Vector;
  /** The elements in four words, as they lie in memory: vector i has the i-th element of each word. */
  parts(words: Vector): Vector[];
}

/** The dtype as a way of storing an operand. */
export function storedAs(dtype: DType): Stored {
  return dtype === "bfloat16" || dtype === "float16" ? dtype : "float32";
}

export function bytesOf(stored: Stored): number {
  return stored === "float32" ? 4 : 2;
}

/** Declares in `f` what reading takes, before the loops that read. */
export function reader(f: FunctionBuilder, stored: Stored): Reader {
  const draft = new FunctionBuilder([]);
  const wanted = new Constants(draft.local("i32"));
  write(draft, wanted, stored).parts(draft.local("v128"));
  return write(f, wanted.declare(f), stored);
}

function write(f: FunctionBuilder, constants: Constants, stored: Stored): Reader {
  const access: Access = { f, constants, storage: stored };
  const bytes = bytesOf(stored);
  return {
    bytes,
    perWord: 4 / bytes,
    bits: (address, offset = 0) => {
      if (stored === "float32") return i32.load(address, offset);
      if (stored === "bfloat16") return i32.shl(i32.load16U(address, offset), 16);
      return i32x4.extractLane(loadSplat(access, address, offset), 0);
    },
    splat: (address, offset = 0) => loadSplat(access, address, offset),
    vector: (address, offset = 0) => loadVector(access, address, offset),
    lanes: (addresses) => loadLanes(access, addresses),
    parts: (words) => parts(f, constants, stored, words),
  };
}

function parts(f: FunctionBuilder, constants: Constants, stored: Stored, words: Vector): Vector[] {
  if (stored === "float32") return [words];
  const both = f.let(words);
  if (stored === "bfloat16") return [i32x4.shl(both, 16), v128.and(both, constants.int(-0x10000))];
  const halves = [v128.and(both, constants.int(0xffff)), i32x4.shrU(both, 16)];
  return halves.map((half) => widenHalf(f, constants, half));
}
