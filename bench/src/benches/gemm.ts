import { ours } from "../contestants.ts";
import type { Pace } from "../field.ts";
import { type Row, rowOf } from "../row.ts";
import { median, medianRatio } from "../statistics.ts";
import type { GroupedWork, MatmulWork } from "../workloads.ts";
import type { Setting } from "./bench.ts";

interface Case {
  readonly title: string;
  readonly work: MatmulWork | GroupedWork;
  /** Whether it is measured on one thread too. */
  readonly single?: boolean;
  /** The full product with whose time that of a symmetric one is compared. */
  readonly full?: MatmulWork;
}

function product(m: number, k: number, n: number, options: Partial<MatmulWork> = {}): MatmulWork {
  return { kind: "matmul", form: "nn", batch: 0, m, k, n, lefts: 2, rights: 2, ...options };
}

function grouped(over: GroupedWork["over"], groups: number): GroupedWork {
  return { kind: "grouped", over, rows: 12_288, groups, k: 256, n: 176 };
}

/** X·Xᵀ of stacked matrices, and the same of other right operands. */
function symmetric(batch: number, m: number, k: number): Case {
  const full = product(m, k, m, { form: "nt", batch, lefts: 1, rights: 1 });
  const stack = batch === 0 ? "" : `${batch} × `;
  return { title: `X·Xᵀ, ${stack}${m}×${k}`, work: { ...full, symmetric: true }, full };
}

const cases: readonly Case[] = [
  { title: "512³", work: product(512, 512, 512, { lefts: 3, rights: 3 }), single: true },
  { title: "1024³", work: product(1024, 1024, 1024), single: true },
  { title: "2048×256 · 256×256", work: product(2048, 256, 256, { lefts: 3, rights: 3 }) },
  { title: "2048×256 · 256×688", work: product(2048, 256, 688) },
  { title: "ABᵀ 2048×688 · (256×688)ᵀ", work: product(2048, 688, 256, { form: "nt" }) },
  { title: "AᵀB (2048×256)ᵀ · 2048×688", work: product(256, 2048, 688, { form: "tn" }) },
  { title: "scores, 64 × 128×64 · (128×64)ᵀ", work: product(128, 64, 128, { form: "nt", batch: 64 }) },
  { title: "values, 64 × 128×128 · 128×64", work: product(128, 128, 64, { batch: 64 }) },
  { title: "8 groups of 12,288 rows, 256 → 176", work: grouped("rows", 8) },
  { title: "64 groups of 12,288 rows, 256 → 176", work: grouped("rows", 64) },
  { title: "8 groups in contraction, 256×176", work: grouped("contraction", 8) },
  { title: "64 groups in contraction, 256×176", work: grouped("contraction", 64) },
  symmetric(16, 256, 688),
  symmetric(16, 384, 384),
  symmetric(0, 1024, 1024),
];

/** Matrix products in GFLOP/s; the ceiling is that of the micro-kernel in the first cache, once a thread. */
export async function* gemm(setting: Setting): AsyncGenerator<Row> {
  const { quick, threads, peers } = setting;
  const field = setting.open([ours("ours", threads), ours("ours1", 1), ours("ceiling", 1), ...peers]);
  const pace = quick ? { rounds: 3, warm: 0.05, seconds: 0.05 } : { rounds: 9, warm: 0.2, seconds: 0.2 };
  const names = peers.map(({ name }) => name);
  for (const { title, work, single, full } of quick ? cases.slice(0, 1) : cases) {
    const skip = single ? [] : ["ours1"];
    const trial = await field.run(work, pace, { special: { ceiling: { kind: "ceiling" } }, skip });
    const ceilingTimes = trial.seconds.get("ceiling") ?? [];
    const rate = (trial.facts.get("ceiling")?.gigaflop ?? Number.NaN) / median(ceilingTimes);
    const head = { bench: "gemm", case: title, unit: "GFLOP/s" };
    const row = rowOf(head, trial, { work: gigaflop(work), peers: names });
    yield full ? row : { ...row, ceiling: threads * rate };
    if (single) {
      const one = rowOf({ ...head, case: `${title}, 1 thread` }, trial, { work: gigaflop(work), name: "ours1" });
      yield { ...one, ceiling: rate };
    }
  }
  field.close();
  if (!quick) yield* symmetricShares(setting, pace);
}

/** How many times faster a symmetric product is than the full one. */
async function* symmetricShares({ open, threads }: Setting, pace: Pace): AsyncGenerator<Row> {
  const field = open([ours("ours", threads), ours("full", threads)]);
  for (const { title, work, full } of cases) {
    if (!full) continue;
    const { seconds } = await field.run(work, pace, { special: { full } });
    const ratio = medianRatio(seconds.get("full") ?? [], seconds.get("ours") ?? []);
    const note = `${(1 / ratio).toFixed(2)} of the full product's time`;
    yield {
      bench: "gemm",
      case: `${title}: full over symmetric`,
      unit: "×",
      ours: ratio,
      peers: {},
      ratio: null,
      note,
    };
  }
}

/** GFLOP of all products of a workload; a symmetric one counts as the full one. */
function gigaflop(work: MatmulWork | GroupedWork): number {
  if (work.kind === "grouped") return (2 * work.rows * work.k * work.n) / 1e9;
  const { batch, m, k, n, lefts, rights, symmetric } = work;
  return (2 * Math.max(1, batch) * m * k * n * lefts * (symmetric ? 1 : rights)) / 1e9;
}
