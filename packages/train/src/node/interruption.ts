/**
 * Aborted by the first Ctrl-C (or SIGTERM), so that the program can stop after what it is doing; the second ends the process
 * at once. Also aborted when the output cannot be written any more (`| head`, a full disk).
 */
export function interruption(say: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  const stop = (_name: NodeJS.Signals, number: number): void => {
    if (controller.signal.aborted) process.exit(128 + number);
    controller.abort();
    say("stopping after this step; once more to stop at once");
  };
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (controller.signal.aborted) return;
    controller.abort();
    say(`stopping after this step: the output cannot be written (${error.code ?? error.message})`);
  });
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
