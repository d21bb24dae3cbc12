/** What a device has done so far. */
export interface Stats {
  /** Plans compiled: new structures. */
  readonly plansCompiled: number;
  /** Plans found in the cache. */
  readonly planHits: number;
  readonly plansRun: number;
  /** Plans in the cache. */
  readonly plansCached: number;
  /** Nodes that a plan computed although an earlier one had computed them already. */
  readonly recomputedNodes: number;
  /** Nodes captured, over all plans. */
  readonly nodes: number;
  readonly kernelsCompiled: number;
  /** Kernels in the plans run. */
  readonly kernelsRun: number;
  readonly arenaBytes: number;
  readonly liveBytes: number;
  readonly cachedBytes: number;
  /** Milliseconds in walking and keying graphs, in compiling, and in running plans. */
  readonly captureMs: number;
  readonly compileMs: number;
  readonly runMs: number;
}

export type Counters = {
  -readonly [Name in Exclude<keyof Stats, "plansCached" | "arenaBytes" | "liveBytes" | "cachedBytes">]: number;
};

export function zeroCounters(): Counters {
  return {
    plansCompiled: 0,
    planHits: 0,
    plansRun: 0,
    recomputedNodes: 0,
    nodes: 0,
    kernelsCompiled: 0,
    kernelsRun: 0,
    captureMs: 0,
    compileMs: 0,
    runMs: 0,
  };
}
