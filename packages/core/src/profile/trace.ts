import type { Device } from "../device/device.ts";
import type { Recorder, Run, Span } from "./recorder.ts";
import { shapeOf } from "./shape.ts";

/** A trace as Perfetto and chrome://tracing open it (JSON object format of the trace event format). */
export interface Trace {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly TraceEvent[];
}

/** A complete event (`X`), or one that names a process or thread (`M`). `ts` and `dur` are microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph: "X" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** Rows of a device; threads that compute follow. */
const rows = { main: 0, queue: 1, host: 2, firstThread: 3 } as const;

/** A process for each device; rows for the main thread, the queue of plans, host steps, and each thread. */
export function traceOf({ spans, runs }: Recorder): Trace {
  const processes = new Processes();
  const events = [...spans].map((span) => spanEvent(span, processes.idOf(span.device)));
  for (const run of runs) {
    const pid = processes.idOf(run.device);
    for (const event of runEvents(run, pid)) {
      processes.addRow(pid, event.tid);
      events.push(event);
    }
  }
  return { displayTimeUnit: "ms", traceEvents: [...processes.names(), ...events] };
}

function spanEvent({ name, began, ended }: Span, pid: number): TraceEvent {
  const tid = name === "build" || name === "capture" ? rows.main : rows.queue;
  return { name, cat: "device", ph: "X", pid, tid, ...times(began, ended) };
}

function* runEvents({ plan, timeline }: Run, pid: number): Generator<TraceEvent> {
  for (const { thread, step: number, came, began, done } of timeline.events()) {
    const tid = thread < 0 ? rows.host : rows.firstThread + thread;
    if (began > came) yield { name: "wait", cat: "barrier", ph: "X", pid, tid, ...times(came, began) };
    const step = plan.steps[number];
    const args = { kind: step.kind, shape: shapeOf(step), plan: plan.id, step: number };
    yield { name: step.label, cat: step.kind, ph: "X", pid, tid, ...times(began, done), args };
  }
}

/** Microseconds, to the nanosecond. */
function times(began: number, ended: number): { ts: number; dur: number } {
  const [from, to] = [began, ended].map((ms) => Math.round(ms * 1e6));
  return { ts: from / 1e3, dur: (to - from) / 1e3 };
}

/** The devices, as processes of the trace, and their rows. */
class Processes {
  readonly #devices = new Map<Device, number>();
  readonly #rows = new Map<number, Set<number>>();

  idOf(device: Device): number {
    const known = this.#devices.get(device);
    if (known !== undefined) return known;
    const pid = this.#devices.size + 1;
    this.#devices.set(device, pid);
    this.#rows.set(pid, new Set([rows.main, rows.queue]));
    return pid;
  }

  addRow(pid: number, tid: number): void {
    this.#rows.get(pid)?.add(tid);
  }

  *names(): Generator<TraceEvent> {
    for (const [{ name }, pid] of this.#devices) {
      yield { name: "process_name", ph: "M", pid, tid: 0, args: { name: `device "${name}"` } };
      for (const tid of this.#rows.get(pid) ?? []) {
        yield { name: "thread_name", ph: "M", pid, tid, args: { name: rowName(tid) } };
        yield { name: "thread_sort_index", ph: "M", pid, tid, args: { sort_index: tid } };
      }
    }
  }
}

function rowName(tid: number): string {
  if (tid === rows.main) return "main thread: build, capture";
  if (tid === rows.queue) return "queue: compile, run";
  return tid === rows.host ? "host steps" : `thread ${tid - rows.firstThread}`;
}
