import type { News, Order } from "../protocol.ts";
import type { Settings } from "../settings.ts";

const book = new URL("moby-dick.txt", document.baseURI).href;

/** A training in a worker of its own; ended, it leaves nothing behind. */
export class Session {
  readonly #worker = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module" });

  private constructor(hear: (news: News) => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<News>) => hear(data);
    this.#worker.onerror = ({ message = "its worker does not start" }) => hear({ kind: "failed", message });
  }

  static begin(settings: Settings, hear: (news: News) => void): Session {
    const session = new Session(hear);
    session.#tell({ kind: "begin", settings, book });
    return session;
  }

  static async load(file: File, hear: (news: News) => void): Promise<Session> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const session = new Session(hear);
    session.#tell({ kind: "load", bytes, file: file.name, book });
    return session;
  }

  run(): void {
    this.#tell({ kind: "run" });
  }

  pause(): void {
    this.#tell({ kind: "pause" });
  }

  /** Asks for a checkpoint. */
  save(): void {
    this.#tell({ kind: "save" });
  }

  end(): void {
    this.#worker.terminate();
  }

  #tell(order: Order): void {
    this.#worker.postMessage(order);
  }
}
