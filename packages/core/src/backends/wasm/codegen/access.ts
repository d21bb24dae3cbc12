/** Loads and stores of four elements by storage type; in lanes a bool is 0 or −1, a storage type is widened. */
import type { Effect, FunctionBuilder, Value, Vector } from "../emit/index.ts";
import { i16x8, i32, i32x4, v128 } from "../emit/index.ts";
import type { Constants } from "./constants.ts";
import { narrowBfloat, narrowHalf, widenHalf } from "./half.ts";
import type { OperandShape } from "./structure.ts";

type Address = Value<"i32">;

/** What an access is written with. */
export interface Access {
  readonly f: FunctionBuilder;
  readonly constants: Constants;
  /** Never that of an index, which has no address. */
  readonly storage: OperandShape["storage"];
}

/** One element in all lanes. */
export function loadSplat({ f, constants, storage }: Access, address: Address, offset: number): Vector {
  switch (storage) {
    case "bool":
      return i32x4.ne(i32x4.splat(i32.load8U(address, offset)), constants.int(0));
    case "int8":
      return i32x4.splat(i32.load8S(address, offset));
    case "uint8":
      return i32x4.splat(i32.load8U(address, offset));
    case "bfloat16":
      return i32x4.splat(i32.shl(i32.load16U(address, offset), 16));
    case "float16":
      return widenHalf(f, constants, i32x4.splat(i32.load16U(address, offset)));
    default:
      return v128.load32Splat(address, offset);
  }
}

/** Four neighbouring elements; reads exactly their bytes. */
export function loadVector({ f, constants, storage }: Access, address: Address, offset: number): Vector {
  switch (storage) {
    case "bool": {
      const bytes = v128.load32Zero(address, offset);
      return i32x4.ne(i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(bytes)), constants.int(0));
    }
    case "int8":
      return i32x4.extendLowI16x8S(i16x8.extendLowI8x16S(v128.load32Zero(address, offset)));
    case "uint8":
      return i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(v128.load32Zero(address, offset)));
    case "bfloat16":
      return i32x4.shl(v128.load16x4U(address, offset), 16);
    case "float16":
      return widenHalf(f, constants, v128.load16x4U(address, offset));
    default:
      return v128.load(address, offset);
  }
}

/** Four elements at four addresses. */
export function loadLanes({ f, constants, storage }: Access, addresses: readonly Address[]): Vector {
  const gather = (load: typeof v128.load32Lane, lane: (element: number) => number): Vector =>
    addresses.reduce((vector, address, element) => load(address, vector, lane(element)), constants.int(0));
  switch (storage) {
    case "bool":
      return i32x4.ne(
        gather(v128.load8Lane, (e) => 4 * e),
        constants.int(0),
      );
    case "int8":
      return i32x4.shrS(
        gather(v128.load8Lane, (e) => 4 * e + 3),
        24,
      );
    case "uint8":
      return gather(v128.load8Lane, (e) => 4 * e);
    case "bfloat16":
      return gather(v128.load16Lane, (e) => 2 * e + 1);
    case "float16":
      return widenHalf(
        f,
        constants,
        gather(v128.load16Lane, (e) => 2 * e),
      );
    default: {
      const [first, ...rest] = addresses;
      return rest.reduce((v, a, i) => v128.load32Lane(a, v, i + 1), v128.load32Zero(first));
    }
  }
}

/** The stored bits of four elements in the low bytes of their lanes. */
export function narrow({ f, constants, storage }: Access, value: Vector): Vector {
  if (storage === "bool") return v128.and(value, constants.int(1));
  if (storage === "bfloat16") return narrowBfloat(f, constants, value);
  if (storage === "float16") return narrowHalf(f, constants, value);
  return value;
}

/** Stores narrowed lanes to four neighbouring elements; writes exactly their bytes. */
export function storeVector({ storage }: Access, address: Address, value: Vector, offset: number): Effect {
  switch (storage) {
    case "bool":
    case "int8":
    case "uint8": {
      const bytes = v128.shuffle(value, value, [0, 4, 8, 12, ...new Array<number>(12).fill(0)]);
      return v128.store32Lane(address, bytes, 0, offset);
    }
    case "bfloat16":
    case "float16": {
      const halves = v128.shuffle(value, value, [0, 1, 4, 5, 8, 9, 12, 13, ...new Array<number>(8).fill(0)]);
      return v128.store64Lane(address, halves, 0, offset);
    }
    default:
      return v128.store(address, value, offset);
  }
}

/** Stores one narrowed lane. */
export function storeLane({ storage }: Access, address: Address, value: Vector, lane: number, offset = 0): Effect {
  switch (storage) {
    case "bool":
    case "int8":
    case "uint8":
      return v128.store8Lane(address, value, 4 * lane, offset);
    case "bfloat16":
    case "float16":
      return v128.store16Lane(address, value, 2 * lane, offset);
    default:
      return v128.store32Lane(address, value, lane, offset);
  }
}
