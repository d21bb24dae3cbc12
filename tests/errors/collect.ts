/** Messages of errors as a list that a reader can judge: what was done, and what was said. */

/** What a user did, in words or as code, and the call. */
export type Cases = Readonly<Record<string, () => unknown>>;

/** A value of a wrong type, as JavaScript passes it. */
export function wrong(value: unknown): never {
  return value as never;
}

/** Runs every call, one after the other; `hide` takes out what differs from machine to machine. */
export async function messagesOf(cases: Cases, hide: (message: string) => string = String): Promise<string> {
  const entries: string[] = [];
  for (const [title, call] of Object.entries(cases)) {
    const error = await failureOf(title, call);
    const lines = hide(firstPart(error.message)).split("\n");
    entries.push(`${title}\n    ${error.name}: ${lines.join("\n    ")}\n`);
  }
  return entries.join("\n");
}

async function failureOf(title: string, call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  return new Error("!!!! NO ERROR");
}

/** Without the stack of a node that was built under a trace. */
function firstPart(message: string): string {
  return message.replace(/; it was built\n[\s\S]*$/, "; it was built …");
}
