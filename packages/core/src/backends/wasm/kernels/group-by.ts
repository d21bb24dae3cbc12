import { ArgumentError } from "../../../errors.ts";
import type { GroupByKernel } from "../../../plan/plan.ts";
import { atomic, type FunctionBuilder, i32, type Local, type Module, select, type Value } from "../emit/index.ts";
import { ArgumentBlock } from "./arguments.ts";
import { align } from "./blocking.ts";
import { kernelParameters, type Launch } from "./kernel.ts";
import { addressOf, byteStride } from "./place.ts";

const block = new ArgumentBlock([
  "ids",
  "idsStep",
  "permutation",
  "permutationStep",
  "offsets",
  "offsetsStep",
  "length",
  "groups",
  "counters",
  "error",
  "failure",
]);

/** A stable counting sort by thread 0. An id outside [0, groups) counts as the nearest group and fails `check`. */
export function groupBy({ ids, permutation, offsets, length, groups, check }: GroupByKernel): Launch {
  if (groups === 0 && length > 0) throw new ArgumentError(`groupBy: ${length} ids and no group to put them in`);
  const args = block.fill({
    ids: addressOf(ids),
    idsStep: byteStride(ids, 0),
    permutation: addressOf(permutation),
    permutationStep: byteStride(permutation, 0),
    offsets: addressOf(offsets),
    offsetsStep: byteStride(offsets, 0),
    length,
    groups,
    counters: { kind: "scratch", byteOffset: 0 },
    error: { kind: "error" },
    failure: check + 1,
  });
  return { phases: [{ code: { key: KEY, emit }, args }], sharedScratch: align(groups * 4), threadScratch: 0 };
}

const KEY = "groupBy";

function emit(module: Module): void {
  module.export(KEY, kernelParameters, (f, { args, thread }) => {
    f.if(thread, () => f.return());
    const words = block.load(f, args);
    const { length, groups } = words;
    const [i, group, count] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const counter = (index: Value<"i32">): Value<"i32"> => i32.add(words.counters, i32.shl(index, 2));
    const offset = (index: Value<"i32">): Value<"i32"> => i32.add(words.offsets, i32.mul(index, words.offsetsStep));
    const takeGroup = (): void => {
      f.set(group, i32.load(i32.add(words.ids, i32.mul(i, words.idsStep))));
      clampIndex(f, group, groups, () => {
        f.drop(atomic.compareExchange(words.error, 0, words.failure));
      });
    };

    f.for(group, 0, groups, 1, () => f.do(i32.store(counter(group), 0)));
    f.for(i, 0, length, 1, () => {
      takeGroup();
      f.do(i32.store(counter(group), i32.add(i32.load(counter(group)), 1)));
    });

    const position = f.let(i32.const(0));
    f.for(group, 0, groups, 1, () => {
      f.set(count, i32.load(counter(group)));
      f.do(i32.store(offset(group), position));
      f.do(i32.store(counter(group), position));
      f.advance(position, count);
    });
    f.do(i32.store(offset(groups), position));

    f.for(i, 0, length, 1, () => {
      takeGroup();
      f.set(position, i32.load(counter(group)));
      f.do(i32.store(i32.add(words.permutation, i32.mul(position, words.permutationStep)), i));
      f.do(i32.store(counter(group), i32.add(position, 1)));
    });
  });
}

/** Moves `index` into [0, extent), after `outside` where it lay outside. */
function clampIndex(f: FunctionBuilder, index: Local<"i32">, extent: Local<"i32">, outside: () => void): void {
  f.if(i32.geU(index, extent), () => {
    outside();
    f.set(index, select(i32.ltS(index, 0), i32.const(0), i32.sub(extent, 1)));
  });
}
