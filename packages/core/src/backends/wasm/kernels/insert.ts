import { dtypes } from "../../../dtype.ts";
import type { Buffer, InsertKernel } from "../../../plan/plan.ts";
import { atomic, i32, select, v128 } from "../emit/index.ts";
import { kernelCall } from "./arguments.ts";
import { type Launch, onePhase } from "./kernel.ts";
import { minimum, shareOf } from "./partition.ts";
import { along, placeWords, scaled } from "./place.ts";

/** Copies element by element, whatever they are; the threads share the runs of inner elements. */
export function insert(kernel: InsertKernel, buffers: readonly Pick<Buffer, "dtype">[]): Launch {
  const { outer, length, extent, inner, check } = kernel;
  const { bytes } = dtypes[buffers[kernel.out.buffer].dtype];
  const block = {
    ...placeWords("input", scaled(kernel.input, bytes), "Outer", "Step", "Inner"),
    ...placeWords("out", scaled(kernel.out, bytes), "Outer", "Step", "Inner"),
    ...placeWords("start", kernel.start),
    length,
    limit: extent - length,
    inner,
    runs: outer * length,
    error: { kind: "error" },
    failure: check + 1,
  } as const;
  const call = kernelCall(`insert:${bytes}`, block, (f, words, { thread, threads }) => {
    const asked = f.let(i32.load(words.start));
    const start = f.let(select(i32.ltS(asked, 0), i32.const(0), minimum(asked, words.limit)));
    f.if(i32.ne(asked, start), () => f.drop(atomic.compareExchange(words.error, 0, words.failure)));
    const share = shareOf(f, words.runs, thread, threads);
    const [run, element, from, to] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    f.for(run, share.from, share.to, 1, () => {
      const [o, t] = [f.let(i32.divU(run, words.length)), f.let(i32.remU(run, words.length))];
      f.set(from, along(along(words.input, o, words.inputOuter), t, words.inputStep));
      f.set(to, along(along(words.out, o, words.outOuter), i32.add(start, t), words.outStep));
      f.for(element, 0, words.inner, 1, () => {
        if (bytes === 4) f.do(i32.store(to, i32.load(from)));
        else if (bytes === 2) f.do(v128.store16Lane(to, v128.load16Splat(from), 0));
        else f.do(v128.store8Lane(to, v128.load8Splat(from), 0));
        f.advance(from, words.inputInner);
        f.advance(to, words.outInner);
      });
    });
  });
  return onePhase(call);
}
