import type { Buffer, ScanKernel } from "../../../plan/plan.ts";
import { f32, i32 } from "../emit/index.ts";
import type { Binary, Load, Store } from "../emit/value.ts";
import { kernelCall } from "./arguments.ts";
import { type KernelCall, type Launch, nothing, onePhase } from "./kernel.ts";
import { shareOf } from "./partition.ts";
import { along, placeWords } from "./place.ts";

/** The instructions of the dtype in which a scan runs. */
interface Arithmetic<T extends "f32" | "i32"> {
  readonly load: Load<T>;
  readonly store: Store<T>;
  readonly add: Binary<T>;
  readonly mul: Binary<T>;
}

// Not the modules themselves: what is unused of them would be bundled.
const ints: Arithmetic<"i32"> = { load: i32.load, store: i32.store, add: i32.add, mul: i32.mul };
const floats: Arithmetic<"f32"> = { load: f32.load, store: f32.store, add: f32.add, mul: f32.mul };

/** Each thread walks rows of its own, so that the order is that of the row. */
export function scan(kernel: ScanKernel, buffers: readonly Buffer[]): Launch {
  if (kernel.rows * kernel.length === 0) return nothing;
  const { dtype } = buffers[kernel.out.buffer];
  return onePhase(dtype === "int32" ? walkRows(kernel, dtype, ints) : walkRows(kernel, dtype, floats));
}

function walkRows<T extends "f32" | "i32">(
  { terms, factors, out, rows, length }: ScanKernel,
  dtype: string,
  { load, store, add, mul }: Arithmetic<T>,
): KernelCall {
  const key = `scan ${dtype}${terms ? " terms" : ""}${factors ? " factors" : ""}`;
  const block = {
    // What is missing is not read.
    ...placeWords("terms", terms ?? out, "Row", "Step"),
    ...placeWords("factors", factors ?? out, "Row", "Step"),
    ...placeWords("out", out, "Row", "Step"),
    rows,
    length,
  };
  return kernelCall(key, block, (f, words, { thread, threads }) => {
    const share = shareOf(f, words.rows, thread, threads);
    const [row, i] = [f.local("i32"), f.local("i32")];
    f.for(row, share.from, share.to, 1, () => {
      const term = f.let(along(words.terms, row, words.termsRow));
      const factor = f.let(along(words.factors, row, words.factorsRow));
      const target = f.let(along(words.out, row, words.outRow));
      const y = f.let(load(terms ? term : factor));
      f.do(store(target, y));
      f.for(i, 1, words.length, 1, () => {
        if (factors) {
          f.advance(factor, words.factorsStep);
          f.set(y, mul(y, load(factor)));
        }
        if (terms) {
          f.advance(term, words.termsStep);
          f.set(y, add(y, load(term)));
        }
        f.advance(target, words.outStep);
        f.do(store(target, y));
      });
    });
  });
}
