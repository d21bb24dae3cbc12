/** `npm run example -- NAME [flags]`: runs an example; without a name it lists them. */
const examples: Readonly<Record<string, { readonly about: string; readonly run: () => Promise<unknown> }>> = {
  moonlight: {
    about: "a small Moonlight on the text of Moby-Dick, with Muon (npm start)",
    run: () => import("./moonlight/main.ts"),
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
