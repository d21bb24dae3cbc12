import type { Buffer, ScanKernel } from "../../../plan/plan.ts";
import { f32, i32, type Module } from "../emit/index.ts";
import type { Binary, Load, Store } from "../emit/value.ts";
import { ArgumentBlock } from "./arguments.ts";
import { kernelParameters, type Launch, nothing } from "./kernel.ts";
import { shareOf } from "./partition.ts";
import { addressOf, byteStride } from "./place.ts";

const block = new ArgumentBlock([
  "terms",
  "termsRow",
  "termsStep",
  "factors",
  "factorsRow",
  "factorsStep",
  "out",
  "outRow",
  "outStep",
  "rows",
  "length",
]);

/** Each thread walks rows of its own, so that the order is that of the row. */
export function scan({ terms, factors, out, rows, length }: ScanKernel, buffers: readonly Buffer[]): Launch {
  if (rows * length === 0) return nothing;
  const args = block.fill({
    terms: terms ? addressOf(terms) : 0,
    termsRow: terms ? byteStride(terms, 0) : 0,
    termsStep: terms ? byteStride(terms, 1) : 0,
    factors: factors ? addressOf(factors) : 0,
    factorsRow: factors ? byteStride(factors, 0) : 0,
    factorsStep: factors ? byteStride(factors, 1) : 0,
    out: addressOf(out),
    outRow: byteStride(out, 0),
    outStep: byteStride(out, 1),
    rows,
    length,
  });
  const { dtype } = buffers[out.buffer];
  const key = `scan ${dtype}${terms ? " terms" : ""}${factors ? " factors" : ""}`;
  const write = (module: Module): void => {
    if (dtype === "int32") emit(module, key, ints, terms !== null, factors !== null);
    else emit(module, key, floats, terms !== null, factors !== null);
  };
  return { phases: [{ code: { key, emit: write }, args }], sharedScratch: 0, threadScratch: 0 };
}

/** The instructions of the dtype in which a scan runs. */
interface Arithmetic<T extends "f32" | "i32"> {
  readonly load: Load<T>;
  readonly store: Store<T>;
  readonly add: Binary<T>;
  readonly mul: Binary<T>;
}

const ints: Arithmetic<"i32"> = { load: i32.load, store: i32.store, add: i32.add, mul: i32.mul };
const floats: Arithmetic<"f32"> = { load: f32.load, store: f32.store, add: f32.add, mul: f32.mul };

function emit<T extends "f32" | "i32">(
  module: Module,
  key: string,
  { load, store, add, mul }: Arithmetic<T>,
  hasTerms: boolean,
  hasFactors: boolean,
): void {
  module.export(key, kernelParameters, (f, { args, thread, threads }) => {
    const words = block.load(f, args);
    const share = shareOf(f, words.rows, thread, threads);
    const [row, i] = [f.local("i32"), f.local("i32")];
    f.for(row, share.from, share.to, 1, () => {
      const terms = f.let(i32.add(words.terms, i32.mul(row, words.termsRow)));
      const factors = f.let(i32.add(words.factors, i32.mul(row, words.factorsRow)));
      const out = f.let(i32.add(words.out, i32.mul(row, words.outRow)));
      const y = f.let(load(hasTerms ? terms : factors));
      f.do(store(out, y));
      f.for(i, 1, words.length, 1, () => {
        if (hasFactors) {
          f.advance(factors, words.factorsStep);
          f.set(y, mul(y, load(factors)));
        }
        if (hasTerms) {
          f.advance(terms, words.termsStep);
          f.set(y, add(y, load(terms)));
        }
        f.advance(out, words.outStep);
        f.do(store(out, y));
      });
    });
  });
}
