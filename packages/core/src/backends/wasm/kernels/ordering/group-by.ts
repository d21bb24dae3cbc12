import type { GroupByKernel } from "../../../../plan/plan.ts";
import { atomic, type FunctionBuilder, i32, type Local, select, type Value } from "../../emit/index.ts";
import { kernelCall } from "../arguments.ts";
import { align } from "../blocking.ts";
import { type Launch, onePhase } from "../kernel.ts";
import { along, placeWords } from "../place.ts";

/** A stable counting sort by thread 0. An id outside [0, groups) counts as the nearest group and fails `check`. */
export function groupBy({ ids, permutation, offsets, length, groups, check }: GroupByKernel): Launch {
  const block = {
    ...placeWords("ids", ids, "Step"),
    ...placeWords("permutation", permutation, "Step"),
    ...placeWords("offsets", offsets, "Step"),
    length,
    groups,
    counters: { kind: "scratch", byteOffset: 0 },
    error: { kind: "error" },
    failure: check + 1,
  } as const;
  const call = kernelCall("groupBy", block, (f, words, { thread }) => {
    f.if(thread, () => f.return());
    const [i, group, count] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const counter = (index: Value<"i32">): Value<"i32"> => i32.add(words.counters, i32.shl(index, 2));
    const offset = (index: Value<"i32">): Value<"i32"> => along(words.offsets, index, words.offsetsStep);
    const takeGroup = (): void => {
      f.set(group, i32.load(along(words.ids, i, words.idsStep)));
      clampIndex(f, group, words.groups, () => {
        f.drop(atomic.compareExchange(words.error, 0, words.failure));
      });
    };

    f.for(group, 0, words.groups, 1, () => f.do(i32.store(counter(group), 0)));
    f.for(i, 0, words.length, 1, () => {
      takeGroup();
      f.do(i32.store(counter(group), i32.add(i32.load(counter(group)), 1)));
    });

    const position = f.let(i32.const(0));
    f.for(group, 0, words.groups, 1, () => {
      f.set(count, i32.load(counter(group)));
      f.do(i32.store(offset(group), position));
      f.do(i32.store(counter(group), position));
      f.advance(position, count);
    });
    f.do(i32.store(offset(words.groups), position));

    f.for(i, 0, words.length, 1, () => {
      takeGroup();
      f.set(position, i32.load(counter(group)));
      f.do(i32.store(along(words.permutation, position, words.permutationStep), i));
      f.do(i32.store(counter(group), i32.add(position, 1)));
    });
  });
  return onePhase(call, { sharedScratch: align(groups * 4) });
}

/** Moves `index` into [0, extent), after `outside` where it lay outside. */
function clampIndex(f: FunctionBuilder, index: Local<"i32">, extent: Local<"i32">, outside: () => void): void {
  f.if(i32.geU(index, extent), () => {
    outside();
    f.set(index, select(i32.ltS(index, 0), i32.const(0), i32.sub(extent, 1)));
  });
}
