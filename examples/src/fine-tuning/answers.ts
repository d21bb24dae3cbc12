import { decodeBytes, printable } from "@tsuki/data";
import { generate, type Llama } from "@tsuki/nn";
import { oneLine } from "../characters/show.ts";
import { type Dialogue, lineEnd } from "./dialogues.ts";

/** What the model answers to each dialogue: the most probable bytes up to the end of the line. */
export async function answersTo(model: Llama, dialogues: readonly Dialogue[], length: number): Promise<string[]> {
  const answers = dialogues.map((): number[] => []);
  const prompts = dialogues.map(({ prompt }) => [...prompt]);
  const window = model.config.maxPositionEmbeddings;
  const options = { maxNewTokens: length, window, temperature: 0, stopTokens: [lineEnd] };
  for await (const { row, token } of generate(model, prompts, options)) if (token !== lineEnd) answers[row].push(token);
  return answers.map((bytes) => printable(decodeBytes(bytes)));
}

/** The answer that the file gives. */
export function wanted({ messages }: Dialogue): string {
  return messages[messages.length - 1].content;
}

/** How many answers are as the file gives them, to the letter. */
export function countRight(dialogues: readonly Dialogue[], answers: readonly string[]): number {
  return dialogues.filter((dialogue, index) => answers[index] === wanted(dialogue)).length;
}

/** Some dialogues with the model's answers, spread evenly. */
export function conversations(dialogues: readonly Dialogue[], answers: readonly string[], count = 4): string {
  const places = Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * dialogues.length) / count));
  return places.map((place) => `${decodeBytes(dialogues[place].prompt)}${answers[place]}`).join("\n\n");
}

/** Questions with the answers of before and after; a tick where the last is as the file gives it. */
export function answerTable(
  dialogues: readonly Dialogue[],
  before: readonly string[],
  after: readonly string[],
): string {
  const rows = dialogues.map((dialogue, index) => [
    dialogue.messages[dialogue.messages.length - 2].content,
    oneLine(before[index], 28),
    oneLine(after[index], 36),
    after[index] === wanted(dialogue) ? "✓" : `not: ${wanted(dialogue)}`,
  ]);
  const all = [["question", "before", "after", ""], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}
