const signals = ["SIGINT", "SIGTERM"] as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** Listens no more. */
  dispose(): void;
}

/** What is told that the output cannot be written. */
const listeners = new Set<(error: NodeJS.ErrnoException) => void>();
let listening = false;

/**
 * Aborted by the first Ctrl-C (or SIGTERM), so that the program can stop after what it is doing; the second ends the process
 * at once. Also aborted when the output cannot be written any more (`| head`, a full disk).
 */
export function interruption(say: (text: string) => void): Interruption {
  const controller = new AbortController();
  const stop = (_name: NodeJS.Signals, number: number): void => {
    if (controller.signal.aborted) process.exit(128 + number);
    controller.abort();
    say("stopping after this step; once more to stop at once");
  };
  const unwritable = (error: NodeJS.ErrnoException): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    say(`stopping after this step: the output cannot be written (${error.code ?? error.message})`);
  };
  listenToOutput();
  listeners.add(unwritable);
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    dispose() {
      listeners.delete(unwritable);
      for (const name of signals) process.off(name, stop);
    },
  };
}

/** From now on to the end of the process: the error of the last line comes after all else. */
function listenToOutput(): void {
  if (listening) return;
  listening = true;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    for (const tell of listeners) tell(error);
  });
}
