import type { Trial } from "./field.ts";
import { median, medianRatio } from "./statistics.ts";

/** A line of the table. Higher is better for every unit. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  /** Ours over the best peer; `null` where there is none, or where the row is void. */
  readonly ratio: number | null;
  /** What the machine allows, in the unit. */
  readonly ceiling?: number;
  readonly note?: string;
}

type Head = Pick<Row, "bench" | "case" | "unit">;

export interface Figures {
  /** Work of a repetition, in the unit times seconds. */
  readonly work: number;
  /** Contestants that are no peers, such as ours with other threads. */
  readonly name?: string;
  readonly peers?: readonly string[];
  readonly ceiling?: number;
  readonly note?: string;
}

/** The line of a contestant of ours, from medians over the rounds; ratios are medians of the ratios within each round. */
export function rowOf(head: Head, trial: Trial, { work, name = "ours", peers = [], ...rest }: Figures): Row {
  const own = trial.seconds.get(name);
  if (!own) throw new Error(`${head.bench}: ${head.case}: ${name} has failed`);
  const there = peers.filter((peer) => trial.seconds.has(peer));
  const of = (peer: string): readonly number[] => trial.seconds.get(peer) ?? [];
  const ratios = there.map((peer) => medianRatio(of(peer), own));
  return {
    ...head,
    ours: work / median(own),
    peers: Object.fromEntries(there.map((peer) => [peer, work / median(of(peer))])),
    ratio: ratios.length > 0 ? Math.min(...ratios) : null,
    ...rest,
  };
}
