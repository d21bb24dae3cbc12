import { dtypes } from "../dtype.ts";
import { reads, type StepIndex, writes } from "./access.ts";
import type { BufferDraft } from "./lowering.ts";
import type { Step } from "./plan.ts";

/**
 * The steps in an order in which those that free more memory than they take run as soon as they can: the sum that makes
 * a gradient of a large array, the update of a weight whose gradient is known. Memory is free for what follows, and what
 * was written last is still in a cache.
 *
 * @param walls for each step the first place at which it may stand
 */
export function* schedule(
  steps: StepIndex,
  walls: readonly number[],
  buffers: readonly BufferDraft[],
): Generator<void, Step[]> {
  /** For each step that after which it runs: itself, or an earlier one. */
  const after: number[] = [];
  const order: { step: Step; at: number }[] = [];
  let lastHost = -1;
  for (let at = 0; at < steps.length; at++) {
    yield;
    const step = steps.at(at);
    after.push(at);
    if (!step) continue;
    order.push({ step, at });
    if (step.kind === "host") lastHost = at;
    else if (freed(step, at, steps, buffers) > taken(step, buffers)) {
      const needed = needs(step, at, steps, buffers).map((earlier) => after[earlier]);
      after[at] = Math.max(lastHost, walls[at], ...needed, 0);
    }
  }
  order.sort((a, b) => after[a.at] - after[b.at] || a.at - b.at);
  return order.map(({ step }) => step);
}

/** Bytes that nobody needs after this step. */
function freed(step: Step, at: number, steps: StepIndex, buffers: readonly BufferDraft[]): number {
  let bytes = 0;
  for (const buffer of reads(step)) {
    const { slot, target, output } = buffers[buffer];
    const isLast = steps.readers(buffer).every((reader) => reader <= at);
    if (slot === null && target === null && !output && isLast) bytes += bytesOf(buffers[buffer]);
  }
  return bytes;
}

/** Bytes that exist from this step on. */
function taken(step: Step, buffers: readonly BufferDraft[]): number {
  let bytes = 0;
  for (const buffer of writes(step)) if (buffers[buffer].target === null) bytes += bytesOf(buffers[buffer]);
  return bytes;
}

function bytesOf({ dtype, size }: BufferDraft): number {
  return size * dtypes[dtype].bytes;
}

/** The steps that must have run before this one. */
function needs(step: Step, at: number, steps: StepIndex, buffers: readonly BufferDraft[]): number[] {
  const earlier: number[] = [];
  for (const buffer of reads(step)) earlier.push(...steps.writers(buffer));
  for (const buffer of writes(step)) {
    earlier.push(...steps.writers(buffer), ...steps.readers(buffer));
    // A variable's new version may lie where the old one does.
    const { target } = buffers[buffer];
    if (target !== null) earlier.push(...steps.readers(target));
  }
  return earlier.filter((place) => place < at);
}
