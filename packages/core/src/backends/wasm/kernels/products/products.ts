import { type FunctionBuilder, i32, type Local, type Operand, select, type Value } from "../../emit/index.ts";
import { shareOf } from "../partition.ts";
import type { Run } from "./product.ts";

/** Products of one width that stand in a line, such as the groups of a grouped product. */
export interface ProductLine {
  readonly count: Local<"i32">;
  /** Column panels of each product. */
  readonly panels: Local<"i32">;
  /** Work per panel of product `index`; it may set locals that the body reads. */
  readonly weigh: (index: Local<"i32">) => Operand<"i32">;
}

/**
 * Shares the column panels of all products between the threads by weight, and visits the thread's own: `body` gets the
 * product and a run of its panels. A product without weight is not visited.
 */
export function forEachProduct(
  f: FunctionBuilder,
  line: ProductLine,
  thread: Local<"i32">,
  threads: Local<"i32">,
  body: (index: Local<"i32">, panels: Run) => void,
): void {
  const { count, panels } = line;
  const index = f.local("i32");
  const weight = f.local("i32");
  const total = f.let(i32.const(0));
  f.for(index, 0, count, 1, () => f.advance(total, i32.mul(line.weigh(index), panels)));
  const share = shareOf(f, total, thread, threads);

  const [start, work] = [f.let(i32.const(0)), f.local("i32")];
  const run: Run = { from: f.local("i32"), to: f.local("i32") };
  /** The panel in which a point of the line lies; all threads round it alike. */
  const panelAt = (point: Local<"i32">): Value<"i32"> => {
    const within = i32.divU(i32.sub(point, start), weight);
    const before = select(i32.leS(point, start), i32.const(0), within);
    return select(i32.geS(point, i32.add(start, work)), panels, before);
  };
  f.for(index, 0, count, 1, () => {
    f.set(weight, line.weigh(index));
    f.set(work, i32.mul(weight, panels));
    f.if(work, () => {
      f.set(run.from, panelAt(share.from));
      f.set(run.to, panelAt(share.to));
      f.if(i32.ltS(run.from, run.to), () => body(index, run));
      f.advance(start, work);
    });
  });
}
