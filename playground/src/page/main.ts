/** The page: settings, a training in a worker, and what it tells. */
import type { News } from "../protocol.ts";
import { byId, element } from "./elements.ts";
import { Form, SettingsError } from "./form.ts";
import { Results } from "./results.ts";
import { Session } from "./session.ts";

type State = "idle" | "preparing" | "running" | "pausing" | "paused" | "failed";

const form = new Form();
const results = new Results();
const [start, over, save, load] = ["start", "over", "save", "load"].map((id) => byId(id, HTMLButtonElement));
const file = byId("file", HTMLInputElement);

let session: Session | null = null;
/** Where it runs, and what else is to be known; after "Preparing". */
let remark = "";

const words: Readonly<Record<State, { readonly start: string; readonly status: () => string }>> = {
  idle: { start: "Start training", status: () => "" },
  preparing: { start: "Preparing…", status: () => "Preparing: the model is made, and its kernels are compiled." },
  running: { start: "Pause", status: () => remark },
  pausing: { start: "Pausing…", status: () => remark },
  paused: { start: "Continue", status: () => `Paused. ${remark}` },
  failed: { start: "Start training", status: () => "" },
};

let state: State = "idle";

function enter(next: State): void {
  state = next;
  start.textContent = words[state].start;
  byId("status", HTMLElement).textContent = words[state].status();
  start.disabled = state === "preparing" || state === "pausing" || state === "failed";
  over.disabled = state === "idle";
  save.disabled = !(state === "running" || state === "paused");
  load.disabled = state === "preparing";
  form.lock(state !== "idle");
}

function complain(message: string | null): void {
  const problem = byId("problem", HTMLElement);
  problem.hidden = message === null;
  problem.textContent = message;
}

/** Ends what trains, and begins with what `make` gives. */
async function begin(make: () => Session | Promise<Session>): Promise<void> {
  session?.end();
  session = null;
  complain(null);
  enter("preparing");
  try {
    session = await make();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(message: string): void {
  session?.end();
  session = null;
  complain(`The training ${state === "preparing" ? "could not begin" : "ended"}: ${message}`);
  enter("failed");
}

function hear(news: News): void {
  if (news.kind === "event") results.add(news.event);
  else if (news.kind === "paused") enter("paused");
  else if (news.kind === "saved") offer(news.bytes, `moonlight-step-${news.step}.safetensors`);
  else if (news.kind === "failed") fail(news.message);
  else {
    const { training } = news;
    form.show(training.settings);
    results.begin(training);
    remark = remarkOn(training);
    session?.run();
    enter("running");
  }
}

function remarkOn({ threads, exact }: Extract<News, { kind: "ready" }>["training"]): string {
  const where =
    threads > 1
      ? `Trains on ${threads} threads.`
      : crossOriginIsolated
        ? "Trains on one thread."
        : "Trains on one thread: the page is not cross-origin isolated.";
  return exact ? where : `${where} The checkpoint is from a machine that rounds otherwise: it goes on with other bits.`;
}

/** Gives a file to the reader. */
function offer(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

byId("form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  if (state === "running") {
    session?.pause();
    enter("pausing");
  } else if (state === "paused") {
    session?.run();
    enter("running");
  } else {
    try {
      const settings = form.read();
      void begin(() => Session.begin(settings, hear));
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      complain(error.message);
    }
  }
});

over.addEventListener("click", () => {
  session?.end();
  session = null;
  complain(null);
  enter("idle");
  start.focus();
});

save.addEventListener("click", () => session?.save());
load.addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  const chosen = file.files?.[0];
  file.value = "";
  if (chosen) void begin(() => Session.load(chosen, hear));
});

enter("idle");
