import { type FileHandle, open } from "node:fs/promises";
import type { RunEvent } from "@tsuki/train";
import { metricsFile, parseEvents, RunError } from "../read-run.ts";

/** What came since the last look. */
export interface News {
  /** Forget what came before: these are all events so far. */
  readonly anew: boolean;
  readonly events: readonly RunEvent[];
}

/**
 * Follows the events of a run while they are written. The file may not be there yet, its last line may be half written, and
 * it may be cut: a run that is resumed forgets what came after its checkpoint.
 */
export class Follower {
  readonly #file: string;
  /** Bytes of the lines taken so far, and how many lines. */
  #position = 0;
  #lines = 0;

  constructor(folder: string) {
    this.#file = metricsFile(folder);
  }

  /** @throws RunError where the file is damaged; the next look takes it from the beginning */
  async look(): Promise<News> {
    const bytes = await this.#readOn();
    const anew = bytes === null;
    if (anew) this.#rewind();
    try {
      return { anew, events: this.#take(bytes ?? (await this.#readOn()) ?? Buffer.alloc(0)) };
    } catch (error) {
      const again = this.#position > 0;
      this.#rewind();
      // Cut, and grown again beyond where we were: what lies there is the middle of another line.
      if (again && error instanceof RunError) return { ...(await this.look()), anew: true };
      throw error;
    }
  }

  #rewind(): void {
    this.#position = 0;
    this.#lines = 0;
  }

  /** What lies behind the position; `null`: the file is shorter than that. */
  async #readOn(): Promise<Buffer | null> {
    let file: FileHandle;
    try {
      file = await open(this.#file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return this.#position > 0 ? null : Buffer.alloc(0);
    }
    try {
      const { size } = await file.stat();
      if (size < this.#position) return null;
      const bytes = Buffer.alloc(size - this.#position);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#position);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  #take(bytes: Buffer): RunEvent[] {
    const end = bytes.lastIndexOf("\n") + 1;
    if (end === 0) return [];
    const lines = bytes.toString("utf8", 0, end - 1).split("\n");
    const events = parseEvents(lines, this.#file, this.#lines);
    this.#position += end;
    this.#lines += lines.length;
    return events;
  }
}
