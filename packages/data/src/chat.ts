import { ArgumentError, checkOptions, shown } from "@tsuki/core";
import { ignoredLabel } from "./collate.ts";
import type { Document } from "./document.ts";

/** What somebody says. */
export interface ChatMessage {
  /** "system", "user", "assistant", … */
  readonly role: string;
  readonly content: string;
}

/** Text, or tokens themselves where no text encodes to them. */
export type Piece = string | ArrayLike<number>;

/** How messages become one text. */
export interface ChatTemplate {
  /** What comes before a message's content. A model that is to answer gets that of "assistant" last. */
  before(role: string): Piece;
  /** What ends a message. After an answer it is learned, so that the model ends its answers so. */
  after(role: string): Piece;
  /** The system's message where the messages begin with none; default: there is none then. */
  readonly system?: string;
}

/** Moonlight's template: `<|im_user|>user<|im_middle|>…<|im_end|>`. */
export const moonlightTemplate: ChatTemplate = {
  before: (role) => `<|im_${role}|>${role}<|im_middle|>`,
  after: () => "<|im_end|>",
  system: "You are a helpful assistant",
};

export interface ChatOptions {
  /** The tokens of a text: a tokenizer's, or `encodeBytes`. Marks of the template and contents are encoded apart. */
  readonly encode: (text: string) => ArrayLike<number>;
  /** Default: Moonlight's. */
  readonly template?: ChatTemplate;
}

/**
 * A conversation as tokens to train on. The labels are the tokens of the assistant's answers, each with its end, and
 * `ignoredLabel` elsewhere: place i of the labels says what is predicted from the tokens before i.
 *
 *     chatExample([{ role: "user", content: "Ahoy" }, { role: "assistant", content: "Aye" }], { encode: encodeBytes })
 *
 * @throws ArgumentError for messages of which none is an answer, or that have no role or content.
 */
export function chatExample(messages: readonly ChatMessage[], options: ChatOptions): Document {
  const parts = partsOf("chatExample", messages, options);
  if (!parts.some(({ learned }) => learned)) {
    throw new ArgumentError('chatExample: none of the messages is of the role "assistant"; there is nothing to learn');
  }
  return {
    ids: Int32Array.from(parts.flatMap(({ ids }) => ids)),
    labels: Int32Array.from(parts.flatMap(({ ids, learned }) => (learned ? ids : ids.map(() => ignoredLabel)))),
  };
}

/** The tokens after which a model answers: the messages, and the beginning of the assistant's next one. */
export function chatPrompt(messages: readonly ChatMessage[], options: ChatOptions): Int32Array {
  const { encode, template = moonlightTemplate } = options;
  const parts = partsOf("chatPrompt", messages, options);
  return Int32Array.from([...parts.flatMap(({ ids }) => ids), ...tokensOf(template.before("assistant"), encode)]);
}

interface Part {
  readonly ids: readonly number[];
  readonly learned: boolean;
}

function partsOf(op: string, messages: readonly ChatMessage[], options: ChatOptions): Part[] {
  checkOptions(op, options, "encode", "template");
  const { encode, template = moonlightTemplate } = options;
  for (const [index, message] of messages.entries()) {
    const { role, content } = Object(message);
    if (typeof role === "string" && typeof content === "string") continue;
    throw new ArgumentError(
      `${op}: message ${index} has the role ${shown(role)} and the content ${shown(content)}; both are text`,
    );
  }
  const { system } = template;
  const told = system !== undefined && messages[0]?.role !== "system";
  const all = told ? [{ role: "system", content: system }, ...messages] : messages;
  return all.flatMap(({ role, content }) => {
    const [before, said, after] = [template.before(role), content, template.after(role)].map((piece) =>
      tokensOf(piece, encode),
    );
    return [
      { ids: before, learned: false },
      { ids: [...said, ...after], learned: role === "assistant" },
    ];
  });
}

function tokensOf(piece: Piece, encode: ChatOptions["encode"]): number[] {
  return Array.from(typeof piece === "string" ? encode(piece) : piece);
}
