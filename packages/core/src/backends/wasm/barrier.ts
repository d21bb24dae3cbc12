import { BARRIER_COUNT, BARRIER_GENERATION, BARRIER_SLEEPERS } from "./control.ts";
import type { Module } from "./emit/index.ts";
import { atomic, i32 } from "./emit/index.ts";

/**
 * Adds `barrier(threads, spin)`: returns when all threads have called it. The last one to come makes a new generation;
 * the others look at it `spin` times, then sleep. Sleepers are counted, since waking costs a system call.
 */
export function emitBarrier(module: Module): void {
  module.export("barrier", { threads: "i32", spin: "i32" }, (f, { threads, spin }) => {
    const generation = f.let(atomic.load(BARRIER_GENERATION));
    f.if(i32.eq(i32.add(atomic.add(BARRIER_COUNT, 1), 1), threads), () => {
      f.do(atomic.store(BARRIER_COUNT, 0));
      f.drop(atomic.add(BARRIER_GENERATION, 1));
      f.if(atomic.load(BARRIER_SLEEPERS), () => f.drop(atomic.notify(BARRIER_GENERATION, -1)));
      f.return();
    });
    const left = f.let(spin);
    f.while(left, () => {
      f.if(i32.ne(atomic.load(BARRIER_GENERATION), generation), () => f.return());
      f.set(left, i32.sub(left, 1));
    });
    f.drop(atomic.add(BARRIER_SLEEPERS, 1));
    f.while(i32.eq(atomic.load(BARRIER_GENERATION), generation), () =>
      f.drop(atomic.wait32(BARRIER_GENERATION, generation, -1)),
    );
    f.drop(atomic.add(BARRIER_SLEEPERS, -1));
  });
}
