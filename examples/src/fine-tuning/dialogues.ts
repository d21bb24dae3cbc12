import { ArgumentError } from "@tsuki/core";
import {
  type ChatMessage,
  type ChatTemplate,
  chatExample,
  chatPrompt,
  type Document,
  encodeBytes,
  ignoredLabel,
  type PackedRow,
  packDocuments,
} from "@tsuki/data";
import { loadJsonLines } from "@tsuki/data/files";
import { UsageError } from "@tsuki/train/node";

/** A conversation that ends with an answer. */
export interface Dialogue {
  readonly messages: readonly ChatMessage[];
  /** What came before the last answer, as tokens that ask for it. */
  readonly prompt: Int32Array;
  readonly example: Document;
}

/** Ends every message, and with it an answer. */
export const lineEnd = 10;

/** `user: What color is snow?`, a line for each message. */
const template: ChatTemplate = { before: (role) => `${role}: `, after: () => [lineEnd] };
const chat = { encode: encodeBytes, template };

/**
 * A file with a JSON object a line, {"messages": [{"role", "content"}, …]}: every sixth is held out.
 *
 * @throws UsageError for a file that cannot be read, or whose lines are something else
 */
export async function readDialogues(path: string): Promise<{ training: Dialogue[]; heldOut: Dialogue[] }> {
  let all: Dialogue[];
  try {
    all = await loadJsonLines(path, dialogueOf);
  } catch (error) {
    throw new UsageError(`error: --messages: ${(error as Error).message}`);
  }
  if (all.length < 6) throw new UsageError(`error: --messages ${path}: ${all.length} dialogues; a sixth is held out`);
  const isHeldOut = (index: number): boolean => index % 6 === 5;
  return {
    training: all.filter((_, index) => !isHeldOut(index)),
    heldOut: all.filter((_, index) => isHeldOut(index)),
  };
}

function dialogueOf(value: unknown): Dialogue {
  const { messages } = Object(value);
  if (!Array.isArray(messages) || messages.at(-1)?.role !== "assistant") {
    throw new ArgumentError('a line is {"messages": [{"role", "content"}, …]}, the last of them the assistant\'s');
  }
  return { messages, prompt: chatPrompt(messages.slice(0, -1), chat), example: chatExample(messages, chat) };
}

/**
 * Rows of one length for the model, with as many dialogues each as fit.
 *
 * @throws UsageError where one is longer than the model sees
 */
export function rowsOf(dialogues: readonly Dialogue[], length: number): PackedRow[] {
  const longest = Math.max(...dialogues.map(({ example }) => example.ids.length));
  if (longest > length) {
    throw new UsageError(`error: a dialogue has ${longest} bytes, and the base model sees ${length}`);
  }
  return packDocuments(
    dialogues.map(({ example }) => example),
    { length, split: false },
  );
}

/** The share of the tokens that the loss counts: those of the answers. */
export function answerShare(dialogues: readonly Dialogue[]): number {
  const labels = dialogues.flatMap(({ example }) => [...example.labels]);
  return labels.filter((label) => label !== ignoredLabel).length / labels.length;
}
