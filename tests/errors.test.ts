/** What Tsuki says of every mistake: errors/messages holds the messages, as lists to be read. */
import { describe, expect, it } from "vitest";
import { gradients, rules, scopes } from "./errors/autograd.ts";
import { type Cases, messagesOf } from "./errors/collect.ts";
import { flags, runFolders } from "./errors/command-line.ts";
import { contents, creation, random } from "./errors/creation.ts";
import { loaders, numpyFiles, text } from "./errors/data.ts";
import { elementwiseOptions, operands } from "./errors/elementwise.ts";
import { elements, files, headers } from "./errors/files.ts";
import { grouping, indexing } from "./errors/indexing.ts";
import { attention, generation, layers, losses, models } from "./errors/layers.ts";
import { moonlight } from "./errors/moonlight.ts";
import { misnamed } from "./errors/nonsense.ts";
import { options, parameters, schedules, updates } from "./errors/optimizers.ts";
import { products } from "./errors/products.ts";
import { order, reduceOptions, reductions } from "./errors/reductions.ts";
import { devices, reading, variables } from "./errors/state.ts";
import { pieces, slices, views } from "./errors/views.ts";

const groups: Readonly<Record<string, Readonly<Record<string, Cases>>>> = {
  ops: {
    operands,
    "elementwise options": elementwiseOptions,
    reductions,
    "reduce options": reduceOptions,
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
  autograd: { gradients, rules, scopes },
  values: { variables, reading, devices },
  files: { headers, elements, files },
  nn: { layers, attention, losses, models, generation },
  optim: { options, parameters, schedules, updates },
  moe: { moonlight },
  data: { loaders, "numpy files": numpyFiles, text },
  "npm start": { flags, "run folders": runFolders },
};

describe.each(Object.entries(groups))("%s", (folder, lists) => {
  it.each(Object.entries(lists))("%s", async (name, cases) => {
    const file = `errors/messages/${folder}/${name}.txt`.replaceAll(" ", "-");
    await expect(await messagesOf(cases)).toMatchFileSnapshot(file);
  });
});

it("an op that is called without sense names itself", () => {
  expect(misnamed()).toEqual([]);
});
