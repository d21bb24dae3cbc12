import { ours } from "../contestants.ts";
import type { Row } from "../row.ts";
import type { Setting } from "./bench.ts";
import { sizes, trainingOf } from "./step.ts";

/** What a step of the smallest model costs besides its kernels, and what little work costs. */
export async function* overhead({ quick, threads, open, folder }: Setting): AsyncGenerator<Row> {
  const training = await trainingOf(sizes[0], "adamw", folder);
  const field = open([ours("ours", threads)]);
  const work = { kind: "overhead", training, steps: quick ? 10 : 60 } as const;
  const { facts } = await field.run(work, { rounds: 0, warm: 0, seconds: 0 });
  field.close();
  const measured = facts.get("ours");
  if (!measured) throw new Error("overhead: the training has failed");
  const { firstStep, longestGap, step, build, capture, dispatch, plans, smallOp } = measured;
  const besides = build + capture + dispatch;
  const row = (title: string, unit: string, value: number, note: string): Row => {
    return { bench: "overhead", case: title, unit, ours: value, peers: {}, ratio: null, note };
  };
  const parts = Object.entries({ build, capture, dispatch }).map(([name, time]) => `${name} ${milliseconds(time)}`);
  const share = `${((100 * besides) / step).toFixed(1)}%: ${parts.join(", ")} of ${milliseconds(step)}`;
  yield row("step over what is in no kernel", "×", step / besides, share);
  yield row("first step", "1/s", 1 / firstStep, milliseconds(firstStep));
  yield row("longest gap of the event loop in it", "1/s", 1 / longestGap, milliseconds(longestGap));
  yield row("steps that need no plan after a validation", "of 1", plans === 0 ? 1 : 0, `${plans} plans compiled`);
  yield row("add of 1,000 values", "1/s", 1 / smallOp, `${(1e6 * smallOp).toFixed(0)} µs`);
}

function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toFixed(1)} ms`;
}
