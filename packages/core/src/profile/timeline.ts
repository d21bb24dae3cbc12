import type { Timeline } from "../plan/backend.ts";

/** What a thread did for a step, or one of its phases; times in milliseconds. */
export interface Event {
  /** −1: a host step's callback. */
  readonly thread: number;
  readonly step: number;
  /** Before `began` it waited for the other threads. */
  readonly came: number;
  readonly began: number;
  readonly done: number;
}

/** Times of one step in one run, in milliseconds. */
export interface StepTime {
  /** Of the phases together, each as long as its slowest thread took. */
  ms: number;
  /** Over all threads. */
  threadMs: number;
  /** What threads waited for others before its phases, over all threads. */
  waitMs: number;
}

/** When the steps of one run ran. */
export class RunTimeline implements Timeline {
  readonly #numbers: number[] = [];

  add(thread: number, step: number, came: number, began: number, done: number): void {
    this.#numbers.push(thread, step, came, began, done);
  }

  get length(): number {
    return this.#numbers.length / 5;
  }

  *events(): Generator<Event> {
    for (let at = 0; at < this.#numbers.length; at += 5) {
      const [thread, step, came, began, done] = this.#numbers.slice(at, at + 5);
      yield { thread, step, came, began, done };
    }
  }

  /** By step; one of which no thread had anything to do is missing. */
  steps(): Map<number, StepTime> {
    const times = new Map<number, StepTime>();
    const phases = new Phases();
    for (const { thread, step, came, began, done } of this.events()) {
      const time = times.get(step) ?? { ms: 0, threadMs: 0, waitMs: 0 };
      times.set(step, time);
      time.ms += phases.lengthen(thread, step, done - began);
      time.threadMs += done - began;
      time.waitMs += began - came;
    }
    return times;
  }
}

/** How long the phases of each step took: a thread's n-th event of a step is its part in phase n. */
class Phases {
  readonly #slowest = new Map<number, number[]>();
  readonly #seen = new Map<number, Map<number, number>>();

  /** Tells of a thread's next phase of a step; by how much the phase is longer than was known. */
  lengthen(thread: number, step: number, ms: number): number {
    const seen = this.#seen.get(thread) ?? new Map<number, number>();
    this.#seen.set(thread, seen);
    const phase = seen.get(step) ?? 0;
    seen.set(step, phase + 1);
    const slowest = this.#slowest.get(step) ?? [];
    this.#slowest.set(step, slowest);
    const before = slowest[phase] ?? 0;
    slowest[phase] = Math.max(before, ms);
    return slowest[phase] - before;
  }
}
