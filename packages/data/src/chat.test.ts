import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBytes, encodeBytes } from "./bytes.ts";
import { type ChatTemplate, chatExample, chatPrompt } from "./chat.ts";

const encode = encodeBytes;
const ahoy = [
  { role: "user", content: "Ahoy" },
  { role: "assistant", content: "Aye" },
];
/** A mark of its own where an answer ends. */
const short: ChatTemplate = { before: (role) => `${role}: `, after: (role) => (role === "assistant" ? [256] : "\n") };

const roles = fc.constantFrom("system", "user", "assistant");
const conversations = fc
  .array(fc.record({ role: roles, content: fc.string() }), { minLength: 1 })
  .filter((messages) => messages.some(({ role }) => role === "assistant"));

describe("a conversation", () => {
  it("is Moonlight's text, and the answer with its end is learned", () => {
    const { ids, labels } = chatExample(ahoy, { encode });
    expect(decodeBytes(ids)).toBe(
      "<|im_system|>system<|im_middle|>You are a helpful assistant<|im_end|>" +
        "<|im_user|>user<|im_middle|>Ahoy<|im_end|><|im_assistant|>assistant<|im_middle|>Aye<|im_end|>",
    );
    expect(decodeBytes(labels.filter((label) => label !== -100))).toBe("Aye<|im_end|>");
  });

  it("has the labels of all answers, at their places, and nothing else", () => {
    fc.assert(
      fc.property(conversations, (messages) => {
        const { ids, labels } = chatExample(messages, { encode, template: short });
        expect(ids.length).toBe(labels.length);
        for (const [place, label] of labels.entries()) if (label !== -100) expect(label).toBe(ids[place]);
        const answers = messages.filter(({ role }) => role === "assistant");
        const expected = answers.flatMap(({ content }) => [...encodeBytes(content), 256]);
        expect([...labels.filter((label) => label !== -100)]).toEqual(expected);
      }),
    );
  });

  it("is what a model is asked to go on from", () => {
    fc.assert(
      fc.property(conversations, fc.string(), (messages, content) => {
        const prompt = chatPrompt(messages, { encode, template: short });
        const { ids } = chatExample([...messages, { role: "assistant", content }], { encode, template: short });
        expect([...ids]).toEqual([...prompt, ...encodeBytes(content), 256]);
      }),
    );
  });

  it("keeps a system's message of its own", () => {
    const { ids } = chatExample([{ role: "system", content: "Be brief." }, ...ahoy], { encode });
    expect(decodeBytes(ids)).toMatch(/^<\|im_system\|>system<\|im_middle\|>Be brief\.<\|im_end\|><\|im_user\|>/);
  });

  it("needs an answer, and text", () => {
    expect(() => chatExample([ahoy[0]], { encode })).toThrow('none of the messages is of the role "assistant"');
    const parsed = JSON.parse('[{"role": "assistant"}]');
    expect(() => chatExample(parsed, { encode })).toThrow(
      'chatExample: message 0 has the role "assistant" and the content undefined; both are text',
    );
    expect(() => chatPrompt(JSON.parse("[null]"), { encode })).toThrow("message 0 has the role undefined");
  });
});
