import { readAll, tensor } from "@tsuki/core";
import { generate } from "@tsuki/nn";
import { expect, test } from "vitest";
import type { Moonlight } from "../src/model.ts";
import { Golden, inEachSetting, tinyMoonlight } from "./fixture.ts";

/** The greedy continuation; the window pads every prompt on the left. */
async function continuation(model: Moonlight, prompt: readonly number[], maxNewTokens: number): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(model, prompt, { maxNewTokens, window: 16, temperature: 0 })) tokens.push(token);
  return tokens;
}

inEachSetting((setting) => {
  test("greedy tokens, and those of prompts of unequal length", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    for (const name of ["generate", "generate_padded"]) {
      const { data: prompts, shape } = golden.data(`${name}.prompt`);
      const { data: tokens, shape: tokenShape } = golden.data(`${name}.tokens`);
      for (let row = 0; row < shape[0]; row++) {
        const places = Array.from({ length: shape[1] }, (_, i) => row * shape[1] + i);
        const kept =
          name === "generate" ? places : places.filter((place) => golden.data(`${name}.mask`).data[place] === 1);
        const expected = Array.from(tokens.subarray(row * tokenShape[1], (row + 1) * tokenShape[1]));
        expect(
          await continuation(
            model,
            kept.map((place) => prompts[place]),
            tokenShape[1],
          ),
        ).toEqual(expected);
      }
    }
  });

  test("the logits from which the tokens are taken", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const { data: prompt } = golden.data("generate.prompt");
    const { data: tokens, shape } = golden.data("generate.tokens");
    const ids = Int32Array.from([...prompt, ...tokens.subarray(0, -1)]);
    const logits = model.call(tensor(ids, { shape: [1, ids.length] })).slice(1, -shape[1]);
    golden.expectClose((await readAll({ logits })).logits, "generate.logits", { to: 5e-5 });
  });
});
