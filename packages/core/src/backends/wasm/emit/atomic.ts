/** Sequentially consistent instructions on 32-bit words of shared memory; addresses are multiples of 4. */
import type { Effect, Operand, Value } from "./value.ts";
import { effect, instruction, memoryArgument, operand } from "./value.ts";

type Address = Operand<"i32">;
type Word = Operand<"i32">;

function result(opcode: number, offset: number, address: Address, ...inputs: Value<"i32" | "i64">[]): Value<"i32"> {
  return instruction("i32", [0xfe, opcode, ...memoryArgument(4, offset)], operand("i32", address), ...inputs);
}

export function load(address: Address, offset = 0): Value<"i32"> {
  return result(0x10, offset, address);
}

export function store(address: Address, value: Word, offset = 0): Effect {
  return effect([0xfe, 0x17, ...memoryArgument(4, offset)], operand("i32", address), operand("i32", value));
}

/** Adds, and gives the word as it was before. */
export function add(address: Address, value: Word, offset = 0): Value<"i32"> {
  return result(0x1e, offset, address, operand("i32", value));
}

/** Stores `replacement` where the word equals `expected`, and gives the word as it was before. */
export function compareExchange(address: Address, expected: Word, replacement: Word, offset = 0): Value<"i32"> {
  return result(0x48, offset, address, operand("i32", expected), operand("i32", replacement));
}

/** Sleeps while the word equals `expected`: 0 woken, 1 not equal, 2 timed out. `timeout` in ns, negative: none. */
export function wait32(address: Address, expected: Word, timeout: Operand<"i64">, offset = 0): Value<"i32"> {
  return result(0x01, offset, address, operand("i32", expected), operand("i64", timeout));
}

/** Wakes at most `count` sleepers (unsigned; −1: all), and gives their number. */
export function notify(address: Address, count: Word, offset = 0): Value<"i32"> {
  return result(0x00, offset, address, operand("i32", count));
}
