import { readAll, type TensorData, tensor } from "@tsuki/core";
import { generate } from "@tsuki/nn";
import { expect, test } from "vitest";
import type { Moonlight } from "../src/model.ts";
import { Golden, inEachSetting, tinyMoonlight } from "./fixture.ts";

/** The greedy continuations of a batch. */
async function continuations(
  model: Moonlight,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
): Promise<number[][]> {
  const rows: number[][] = prompts.map(() => []);
  const options = { maxNewTokens, window: 16, temperature: 0 };
  for await (const { row, token } of generate(model, prompts, options)) rows[row].push(token);
  return rows;
}

/** The rows of a golden matrix. */
function rowsOf({ data, shape }: TensorData): number[][] {
  return Array.from({ length: shape[0] }, (_, row) => Array.from(data.slice(row * shape[1], (row + 1) * shape[1])));
}

inEachSetting((setting) => {
  test("greedy tokens, and those of prompts of unequal length", async () => {
    const [golden, model] = [await Golden.read(setting), await tinyMoonlight(setting)];
    const expected = rowsOf(golden.data("generate.tokens"));
    expect(await continuations(model, rowsOf(golden.data("generate.prompt")), expected[0].length)).toEqual(expected);
    const mask = rowsOf(golden.data("generate_padded.mask"));
    const ragged = rowsOf(golden.data("generate_padded.prompt")).map((row, r) =>
      row.filter((_, i) => mask[r][i] === 1),
    );
    const tokens = rowsOf(golden.data("generate_padded.tokens"));
    expect(await continuations(model, ragged, tokens[0].length)).toEqual(tokens);
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
