import { type CommonConfig, type Program, runProgram, UsageError } from "@tsuki/train/node";

/** Runs a program, and tells whether it came to its end: it was neither stopped nor did it fail. */
export async function runToEnd<Config extends CommonConfig, B>(
  program: Program<Config, B>,
  args: readonly string[],
): Promise<boolean> {
  let ended = false;
  const watched: Program<Config, B> = {
    ...program,
    async make(config, listen) {
      const task = await program.make(config, listen);
      return {
        ...task,
        async finish(signal, folder) {
          await task.finish?.(signal, folder);
          ended = !signal.aborted;
        },
      };
    },
  };
  await runProgram(watched, args);
  return ended;
}

/** Runs an example of several runs: a wrong command line is one line on stderr, and exit code 2. */
export async function runExample(example: () => Promise<void>): Promise<void> {
  try {
    await example();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
