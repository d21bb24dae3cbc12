import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeBytes, ignoredLabel } from "@tsuki/data";
import { UsageError } from "@tsuki/train/node";
import { afterAll, describe, expect, it } from "vitest";
import { countRight, wanted } from "./answers.ts";
import { answerShare, readDialogues, rowsOf } from "./dialogues.ts";
import { schema } from "./options.ts";

const folder = mkdtempSync(join(tmpdir(), "tsuki-dialogues-"));
afterAll(() => rmSync(folder, { recursive: true }));

const dialogues = await readDialogues(schema.complete({}).messages);

describe("the dialogues", () => {
  it("are a sixth held out, and none of those is among the others", () => {
    const { training, heldOut } = dialogues;
    expect([training.length, heldOut.length]).toEqual([160, 32]);
    const learned = new Set(training.map(({ example }) => String(example.ids)));
    expect(heldOut.filter(({ example }) => learned.has(String(example.ids)))).toEqual([]);
  });

  it("ask for a word or for a sentence, and get it", () => {
    for (const { messages } of [...dialogues.training, ...dialogues.heldOut]) {
      const [system, ...rest] = messages;
      expect(["Answer in one word.", "Answer in a sentence."]).toContain(system.content);
      for (const [index, { role, content }] of rest.entries()) {
        expect(role).toBe(index % 2 === 0 ? "user" : "assistant");
        if (role === "user") expect(content).toMatch(/^[A-Z].*[.?]$/);
        else
          expect(content).toMatch(system.content.endsWith("word.") ? /^[A-Z][a-z]+\.$/ : /^[A-Z][A-Za-z]*( \w+)+\.$/);
      }
    }
  });

  it("have labels on the answers alone, each with its end", () => {
    const [{ example, messages, prompt }] = dialogues.training;
    const { ids, labels } = example;
    expect(decodeBytes(ids)).toBe(messages.map(({ role, content }) => `${role}: ${content}\n`).join(""));
    expect(decodeBytes(labels.filter((label) => label !== ignoredLabel))).toBe(`${messages[2].content}\n`);
    expect(`${decodeBytes(prompt)}${messages[2].content}\n`).toBe(decodeBytes(ids));
    expect(answerShare([dialogues.training[0]])).toBe((messages[2].content.length + 1) / ids.length);
  });

  it("fill rows, none cut", () => {
    const rows = rowsOf(dialogues.training, 256);
    const count = rows.flatMap(({ labels }) => [...labels]).filter((label) => label !== ignoredLabel).length;
    const all = dialogues.training.flatMap(({ example }) => [...example.labels]);
    expect(count).toBe(all.filter((label) => label !== ignoredLabel).length);
    expect(() => rowsOf(dialogues.training, 60)).toThrow(
      /^error: a dialogue has 1?\d\d bytes, and the base model sees 60/,
    );
  });

  it("are right to the letter or not at all", () => {
    const { heldOut } = dialogues;
    expect(countRight(heldOut, heldOut.map(wanted))).toBe(32);
    expect(countRight(heldOut, ["Snow", ...heldOut.slice(1).map(wanted)])).toBe(31);
  });
});

describe("a file that does not hold dialogues is refused", () => {
  const line = readFileSync(schema.complete({}).messages, "utf8").split("\n")[0];

  it.each([
    ["no JSON", "{", /^error: --messages: .*no JSON.jsonl, line 1, byte 0: .*JSON/],
    ["no messages", '{"text": "Ahoy"}', /no messages.jsonl, line 1, byte 0: a line is {"messages"/],
    ["a question last", '{"messages": [{"role": "user", "content": "Ahoy?"}]}', /the last of them the assistant's/],
    ["too few", line, /1 dialogues; a sixth is held out/],
  ])("%s", async (name, content, message) => {
    const file = join(folder, `${name}.jsonl`);
    writeFileSync(file, `${content}\n`);
    await expect(readDialogues(file)).rejects.toThrow(message);
    await expect(readDialogues(file)).rejects.toThrow(UsageError);
  });
});
