import type { FunctionBuilder, Local, Value, Vector } from "../emit/index.ts";
import { i32, i32x4, v128 } from "../emit/index.ts";

type Known = Map<string, Value<"i32" | "v128">>;

/**
 * What a kernel's loops use and never changes during a call: constants, and words of the argument block. They are kept
 * in locals that are set before the loops, since engines build an inline `v128.const` again at every turn. A first
 * writing of the kernel collects them, the second finds them declared.
 */
export class Constants {
  readonly #args: Local<"i32">;
  readonly #known: Known;

  constructor(args: Local<"i32">, known: Known = new Map()) {
    this.#args = args;
    this.#known = known;
  }

  /** Declares in `f` all that was asked for here; for the second writing. */
  declare(f: FunctionBuilder): Constants {
    return new Constants(this.#args, new Map([...this.#known].map(([key, value]) => [key, f.let(value)])));
  }

  /** Four lanes of the same integer. */
  int(value: number): Vector {
    return this.lanes(value, value, value, value);
  }

  /** Four lanes of the same float32. */
  float(value: number): Vector {
    return this.int(new Int32Array(new Float32Array([value]).buffer)[0]);
  }

  /** Two lanes of the same float64. */
  double(value: number): Vector {
    const [low, high] = new Int32Array(new Float64Array([value]).buffer);
    return this.lanes(low, high, low, high);
  }

  lanes(a: number, b: number, c: number, d: number): Vector {
    return this.#keep(`${a | 0},${b | 0},${c | 0},${d | 0}`, () => v128.const(a, b, c, d));
  }

  /** A word of the argument block. */
  word(index: number): Value<"i32"> {
    return this.#keep(`word ${index}`, () => i32.load(this.#args, 4 * index));
  }

  /** A word of the argument block in all lanes. */
  splat(index: number): Vector {
    return this.#keep(`splat ${index}`, () => i32x4.splat(i32.load(this.#args, 4 * index)));
  }

  /** 0, 1, 2 and 3 times a word of the argument block. */
  ramp(index: number): Vector {
    const splat = i32x4.splat(i32.load(this.#args, 4 * index));
    return this.#keep(`ramp ${index}`, () => i32x4.mul(splat, v128.const(0, 1, 2, 3)));
  }

  #keep<T extends "i32" | "v128">(key: string, make: () => Value<T>): Value<T> {
    let value = this.#known.get(key);
    if (!value) {
      value = make();
      this.#known.set(key, value);
    }
    return value as Value<T>;
  }
}
