import { type FunctionBuilder, i32, type Local } from "../emit/index.ts";
import type { Words } from "./arguments.ts";
import { along } from "./place.ts";

/** A group of rows, read from `offsets` when the kernel runs. */
export interface Group {
  readonly first: Local<"i32">;
  readonly rows: Local<"i32">;
  /** Writes the code that takes up group `index`. */
  readonly select: (index: Local<"i32">) => void;
}

export function groupOf(f: FunctionBuilder, { offsets, offsetsStep }: Words<"offsets" | "offsetsStep">): Group {
  const [first, rows, word] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const select = (index: Local<"i32">): void => {
    f.set(word, along(offsets, index, offsetsStep));
    f.set(first, i32.load(word));
    f.set(rows, i32.sub(i32.load(i32.add(word, offsetsStep)), first));
  };
  return { first, rows, select };
}
