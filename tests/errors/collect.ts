/** Messages of errors as a list that a reader can judge: what was done, and what was said. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a user did, in words or as code, and the call. */
export type Cases = Readonly<Record<string, () => unknown>>;

/** A value of a wrong type, as JavaScript passes it. */
export function wrong(value: unknown): never {
  return value as never;
}

/** Runs every call, one after the other. Each must fail, and on purpose: a TypeError says that nobody thought of it. */
export async function messagesOf(cases: Cases): Promise<string> {
  const entries: string[] = [];
  for (const [title, call] of Object.entries(cases)) {
    const { name, message } = await failureOf(title, call);
    entries.push(`${title}\n    ${name}: ${portable(message).replaceAll("\n", "\n    ")}\n`);
  }
  return entries.join("\n");
}

async function failureOf(title: string, call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error && !(error instanceof TypeError)) return error;
    throw error;
  }
  throw new Error(`no error came of: ${title}`);
}

/** Without what differs from run to run: stacks, folders that `inFolder` made, processes. */
function portable(message: string): string {
  return message
    .replace(/; it was built\n[\s\S]*$/, "; it was built …")
    .replaceAll(/[^\s"'(]*tsuki-errors-\w{6}/g, "FOLDER")
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "…")
    .replace(/process \d+ is/, "process 1234 is");
}

/** Calls a function with a new folder, which is removed afterwards. */
export async function inFolder(body: (path: (name: string) => string) => unknown): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tsuki-errors-"));
  try {
    await body((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}
