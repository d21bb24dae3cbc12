import { UsageError } from "@tsuki/train/node";

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
