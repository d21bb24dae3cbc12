import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigSchema, flag, values } from "@tsuki/train/node";
import { type CommonOptions, free, paceFlags, positive, runFlags } from "../flags.ts";

const { notEmpty, whole } = values;

export interface Options extends CommonOptions {
  /** Folder of a run of `characters`; `null`: one is trained first. */
  readonly base: string | null;
  readonly messages: string;
  /** Rows of dialogues a step. */
  readonly batch: number;
  readonly lr: number;
  readonly rank: number;
  /** The update counts alpha / rank. */
  readonly alpha: number;
  readonly answerLength: number;
}

const path = (text: string): string => resolve(notEmpty(text));

export const schema: ConfigSchema<Options> = new ConfigSchema<Options>(
  {
    Run: runFlags,
    Data: {
      base: flag<string | null>("run", 'folder of a run of "characters", the model to adapt', path, {
        words: "one is trained first",
        from: () => null,
      }),
      messages: flag("file", "dialogues, a JSON object a line", path, {
        words: "examples/data/messages.jsonl",
        from: () => fileURLToPath(new URL("../../data/messages.jsonl", import.meta.url)),
      }),
    },
    Training: {
      steps: flag("n", "training steps", whole(1), 200),
      batch: flag("n", "rows of dialogues a step", whole(1), 8),
      lr: flag("rate", "peak learning rate of AdamW", positive, 0.01),
      rank: flag("n", "width of the adapters", whole(1), 8),
      alpha: flag("factor", "weight of the adapters: alpha / rank", positive, 16),
    },
    Report: {
      ...paceFlags({ evalEvery: 40, checkpointEvery: 100, logEvery: 20 }),
      answerLength: flag("n", "bytes after which an answer is cut off", whole(1), 48),
    },
  },
  { free },
);
