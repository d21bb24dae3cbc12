/** `npm run example -- NAME [flags]`: runs an example; without a name it lists them. */
const examples: Readonly<Record<string, { readonly about: string; readonly run: () => Promise<unknown> }>> = {
  moonlight: {
    about: "a small Moonlight on the text of Moby-Dick, with Muon (npm start)",
    run: () => import("./moonlight/main.ts"),
  },
  "linear-regression": {
    about: "the weights of a line from noisy points, beside the closed form",
    run: () => import("./linear-regression/main.ts"),
  },
  digits: {
    about: "a network of two layers that reads handwritten digits (MNIST)",
    run: () => import("./digits/main.ts"),
  },
  characters: {
    about: "a small Llama that learns a text, character by character (--text FILE)",
    run: () => import("./characters/main.ts"),
  },
  "fine-tuning": {
    about: "a language model learns to answer questions, with LoRA",
    run: () => import("./fine-tuning/main.ts"),
  },
  "muon-against-adamw": {
    about: "the same small Moonlight with either optimizer, and a report with the curves of both",
    run: () => import("./muon-against-adamw/main.ts"),
  },
};

const name = process.argv[2] ?? "";
if (Object.hasOwn(examples, name)) {
  process.argv.splice(2, 1);
  await examples[name].run();
} else {
  const list = Object.entries(examples).map(([name, { about }]) => `  ${name.padEnd(20)} ${about}\n`);
  const unknown = name === "" ? "" : `error: there is no example "${name}"\n\n`;
  process.stderr.write(`${unknown}npm run example -- NAME [flags]\n\n${list.join("")}`);
  process.exitCode = 2;
}
