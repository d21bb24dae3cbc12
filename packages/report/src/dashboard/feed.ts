import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { trainingProcess } from "@tsuki/train/node";
import { readRecord } from "../read-run.ts";
import { Follower } from "./follower.ts";
import type { Messages, State } from "./messages.ts";

/** Milliseconds from one look at the files to the next. */
const interval = 500;

/** Tells one page what happens in some runs, from their beginning on, until the page goes or the feed is stopped. */
export class Feed {
  readonly #folders: readonly string[];
  readonly #response: ServerResponse;
  readonly #stopped: AbortController = new AbortController();
  readonly #told: Promise<void>;
  #state: State | null = null;
  #failure: string | null = null;

  constructor(folders: readonly string[], response: ServerResponse) {
    this.#folders = folders;
    this.#response = response;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.on("close", () => this.#stopped.abort());
    this.#told = this.#tell();
  }

  /** Tells what there still is, and closes the connection. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#told;
  }

  async #tell(): Promise<void> {
    const { signal } = this.#stopped;
    let followers: readonly Follower[] | null = null;
    for (let last = false; !this.#response.destroyed; last = signal.aborted) {
      try {
        followers ??= await this.#begin();
        if (!(await this.#look(followers))) followers = null;
      } catch (error) {
        await this.#fail((error as Error).message);
      }
      if (last) break;
      // A stop is heard at once; then comes a last look.
      await delay(interval, undefined, { signal }).catch(() => undefined);
    }
    this.#response.end();
  }

  async #begin(): Promise<readonly Follower[]> {
    await this.#send("runs", await Promise.all(this.#folders.map(readRecord)));
    this.#state = null;
    return this.#folders.map((folder) => new Follower(folder));
  }

  /**
   * False where a run forgot some of its events: all begins anew.
   *
   * @throws RunError where one cannot be read; the others are told of
   */
  async #look(followers: readonly Follower[]): Promise<boolean> {
    // Before the events: a run that has ended has written them all.
    const state = this.#folders.some((folder) => trainingProcess(folder) !== null) ? "live" : "ended";
    const looks = await Promise.allSettled(followers.map((follower) => follower.look()));
    for (const [run, look] of looks.entries()) {
      if (look.status === "rejected") continue;
      const { anew, events } = look.value;
      if (anew) return false;
      if (events.length > 0) await this.#send("events", { run, events });
    }
    const failed = looks.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    if (state === this.#state && this.#failure === null) return true;
    await this.#send("state", state);
    this.#state = state;
    this.#failure = null;
    return true;
  }

  async #fail(message: string): Promise<void> {
    if (message !== this.#failure) await this.#send("failure", message);
    this.#failure = message;
  }

  async #send<K extends keyof Messages>(name: K, data: Messages[K]): Promise<void> {
    const { signal } = this.#stopped;
    if (this.#response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`) || signal.aborted) return;
    await once(this.#response, "drain", { signal }).catch(() => undefined);
  }
}
