import { ours } from "../contestants.ts";
import type { Row } from "../row.ts";
import type { Setting } from "./bench.ts";
import { sizes, titleOf, trainingOf } from "./step.ts";

/** Models of a size that a gigabyte holds while they are trained; and whether a long training takes more. */
export async function* memory(setting: Setting): AsyncGenerator<Row> {
  const { quick, threads, peers, open, folder } = setting;
  for (const size of quick ? sizes.slice(0, 1) : sizes) {
    for (const optimizer of ["adamw", "muon"] as const) {
      const field = open([ours("ours", threads), ...peers]);
      const trial = await field.run(await trainingOf(size, optimizer, folder), { rounds: 1, warm: 0, seconds: 0 });
      const bytes = await field.memory(trial);
      field.close();
      yield rowOfBytes(titleOf(size, optimizer), bytes);
    }
  }
  yield* steadiness(setting);
}

function rowOfBytes(title: string, bytes: ReadonlyMap<string, number>): Row {
  const own = bytes.get("ours") ?? Number.NaN;
  const others = [...bytes].filter(([name]) => name !== "ours");
  const note = [...bytes].map(([name, count]) => `${name} ${Math.round(count / 1e6)} MB`).join(", ");
  return {
    bench: "memory",
    case: title,
    unit: "1/GB",
    ours: 1e9 / own,
    peers: Object.fromEntries(others.map(([name, count]) => [name, 1e9 / count])),
    ratio: others.length > 0 ? Math.min(...others.map(([, count]) => count / own)) : null,
    note,
  };
}

async function* steadiness({ quick, threads, open, folder }: Setting): AsyncGenerator<Row> {
  const training = await trainingOf({ width: 128, layers: 1, batch: 1 }, "muon", folder);
  const [early, late] = [20, quick ? 60 : 1000];
  const field = open([ours("ours", threads)]);
  const { facts } = await field.run({ kind: "steadiness", training, early, late }, { rounds: 0, warm: 0, seconds: 0 });
  field.close();
  const bytes = facts.get("ours");
  if (!bytes) throw new Error("memory: the long training has failed");
  const note = `${(bytes.early / 1e6).toFixed(2)} MB, then ${(bytes.late / 1e6).toFixed(2)} MB`;
  const title = `live bytes at step ${early} over step ${late}`;
  yield { bench: "memory", case: title, unit: "×", ours: bytes.early / bytes.late, peers: {}, ratio: null, note };
}
