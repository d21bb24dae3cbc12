import { WasmBackend } from "./backend.ts";
import { emitBarrier } from "./barrier.ts";
import { createEngine } from "./engine.ts";
import type { Executor } from "./executor.ts";
import { Inline } from "./inline.ts";
import { InlineSmall } from "./inline-small.ts";
import { Memory } from "./memory.ts";
import { coreCount, Pool } from "./pool.ts";

export { WasmBackend } from "./backend.ts";

export interface WasmOptions {
  /** Threads that compute; default: one a core, at most 8. 0: the calling thread, on a memory that is not shared. */
  readonly threads?: number;
  /**
   * Rounds multiply-adds twice, so that bits agree between machines, and leaves experimental ways of the engine's compiler
   * alone; default: false.
   */
  readonly deterministic?: boolean;
  /** Whether the engine may pair vectors, where it can; default: unless `deterministic`. */
  readonly pairs?: boolean;
  /** Whether small segments run on the calling thread, which takes less time than to wake others; default: true. */
  readonly smallInline?: boolean;
}

const MOST_THREADS = 8;
let warned = false;

/**
 * The WebAssembly backend. Where memory cannot be shared it computes on the calling thread, and says so once.
 *
 * @throws DeviceError where the engine has no SIMD
 */
export async function createWasmBackend(options: WasmOptions = {}): Promise<WasmBackend> {
  const { threads, deterministic = false, pairs = !deterministic, smallInline = true } = options;
  const shared = threads !== 0 && canShare();
  const engine = await createEngine({ shared, relaxed: !deterministic, pairs });
  const memory = new Memory(shared);
  let executor: Executor;
  if (shared) {
    const barrier = engine.module();
    emitBarrier(barrier);
    const pool = new Pool({
      memory: memory.memory,
      barrier: await engine.compile(barrier),
      threads: threads ?? Math.min(MOST_THREADS, coreCount()),
    });
    executor = smallInline ? new InlineSmall(pool, new Inline(memory.memory)) : pool;
  } else {
    if (threads !== 0) warnOnce();
    executor = new Inline(memory.memory);
  }
  return new WasmBackend({ engine, memory, executor });
}

/** Whether threads can share memory: in a browser only on pages that are cross-origin isolated. */
function canShare(): boolean {
  return typeof SharedArrayBuffer !== "undefined" && globalThis.crossOriginIsolated !== false;
}

function warnOnce(): void {
  if (warned) return;
  warned = true;
  console.warn(
    "tsuki: no shared memory here, so the wasm device computes on the calling thread alone. " +
      "Serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.",
  );
}
