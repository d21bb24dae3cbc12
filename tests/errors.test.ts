/** What Tsuki says of every mistake: errors/messages holds the messages, as lists to be read. */
import { describe, expect, it } from "vitest";
import { type Cases, messagesOf } from "./errors/collect.ts";
import { contents, creation, random } from "./errors/creation.ts";
import { elementwiseOptions, operands } from "./errors/elementwise.ts";
import { grouping, indexing } from "./errors/indexing.ts";
import { products } from "./errors/products.ts";
import { order, reduceOptions, reductions } from "./errors/reductions.ts";
import { pieces, slices, views } from "./errors/views.ts";

const groups: Readonly<Record<string, Readonly<Record<string, Cases>>>> = {
  ops: {
    operands,
    "elementwise-options": elementwiseOptions,
    reductions,
    "reduce-options": reduceOptions,
    order,
    views,
    slices,
    pieces,
    indexing,
    grouping,
    products,
    creation,
    contents,
    random,
  },
};

describe.each(Object.entries(groups))("%s", (folder, lists) => {
  it.each(Object.entries(lists))("%s", async (name, cases) => {
    await expect(await messagesOf(cases)).toMatchFileSnapshot(`errors/messages/${folder}/${name}.txt`);
  });
});
