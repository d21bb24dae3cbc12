import { sized, unsigned } from "./bytes.ts";
import * as i32 from "./i32.ts";
import type { Effect, Local, Node, Operand, Value, ValueType } from "./value.ts";
import { operand } from "./value.ts";

export const typeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A block or loop that is open: where a branch may go. */
export interface Label {
  readonly depth: number;
}

/** Names and types of a function's parameters. */
export type Parameters = Readonly<Record<string, ValueType>>;
export type ParameterLocals<P extends Parameters> = { readonly [K in keyof P]: Local<P[K]> };

/**
 * Writes the body of one function, statement by statement. Bodies of blocks are callbacks, so that the source reads as
 * the structure it makes.
 */
export class FunctionBuilder {
  readonly #types: ValueType[] = [];
  readonly #parameters: number;
  readonly #code: number[] = [];
  #depth = 0;

  constructor(parameters: readonly ValueType[]) {
    this.#types.push(...parameters);
    this.#parameters = parameters.length;
  }

  /** The parameters of the function, by name. */
  parameters<P extends Parameters>(names: P): ParameterLocals<P> {
    const entries = Object.entries(names).map(([name, type], index) => [name, reference(type, index)]);
    return Object.fromEntries(entries) as ParameterLocals<P>;
  }

  /** A new local variable, 0 at the function's start (not again at each turn of a loop). */
  local<T extends ValueType>(type: T): Local<T> {
    this.#types.push(type);
    return reference(type, this.#types.length - 1);
  }

  /** A new local variable that holds `value` from here on. */
  let<T extends ValueType>(value: Value<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  set<T extends ValueType>(local: Local<T>, value: Value<T> | number): void {
    this.#write(operand(local.type, value));
    this.#code.push(0x21, ...unsigned(local.index));
  }

  /** `local += by`. */
  advance(local: Local<"i32">, by: Operand<"i32">): void {
    this.set(local, i32.add(local, by));
  }

  do(effect: Effect): void {
    this.#write(effect);
  }

  /** Computes `value` for what it does besides, as an atomic addition. */
  drop(value: Value<ValueType>): void {
    this.#write(value);
    this.#code.push(0x1a);
  }

  /** A branch to its label leaves the block. */
  block(body: (exit: Label) => void): void {
    this.#nest([0x02, 0x40], body);
  }

  /** A branch to its label starts the next turn; otherwise the loop ends with its body. */
  loop(body: (again: Label) => void): void {
    this.#nest([0x03, 0x40], body);
  }

  if(condition: Operand<"i32">, then: () => void, otherwise?: () => void): void {
    this.#write(operand("i32", condition));
    this.#nest([0x04, 0x40], () => {
      then();
      if (!otherwise) return;
      this.#code.push(0x05);
      otherwise();
    });
  }

  br(label: Label): void {
    this.#code.push(0x0c, ...unsigned(this.#depth - label.depth));
  }

  brIf(label: Label, condition: Operand<"i32">): void {
    this.#write(operand("i32", condition));
    this.#code.push(0x0d, ...unsigned(this.#depth - label.depth));
  }

  return(value?: Value<ValueType>): void {
    if (value) this.#write(value);
    this.#code.push(0x0f);
  }

  /** Says that control never comes here. */
  unreachable(): void {
    this.#code.push(0x00);
  }

  while(condition: Operand<"i32">, body: () => void): void {
    this.loop((again) =>
      this.if(condition, () => {
        body();
        this.br(again);
      }),
    );
  }

  /** Runs `body` once, and again while `condition` holds after it: the tightest loop. */
  repeat(body: () => void, condition: Operand<"i32">): void {
    this.loop((again) => {
      body();
      this.brIf(again, condition);
    });
  }

  /** `for (counter = from; counter < end; counter += step)`, signed; `end` is computed at every turn. */
  for(counter: Local<"i32">, from: Operand<"i32">, end: Operand<"i32">, step: Operand<"i32">, body: () => void): void {
    this.set(counter, from);
    const goesOn = i32.ltS(counter, end);
    this.if(goesOn, () =>
      this.repeat(() => {
        body();
        this.advance(counter, step);
      }, goesOn),
    );
  }

  /** The function's entry in the code section. */
  toBytes(): number[] {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#types.slice(this.#parameters)) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const locals = runs.flatMap((run) => [...unsigned(run.count), typeCodes[run.type]]);
    return sized([...unsigned(runs.length), ...locals].concat(this.#code, 0x0b));
  }

  #nest(opening: readonly number[], body: (label: Label) => void): void {
    this.#code.push(...opening);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.#code.push(0x0b);
  }

  #write(node: Node): void {
    for (const input of node.inputs) this.#write(input);
    for (const byte of node.code) this.#code.push(byte);
  }
}

function reference<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, inputs: [], code: [0x20, ...unsigned(index)] };
}
