/** `npm run bench`: measures Tsuki beside its peers. `npm run bench -- --help` lists the flags. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benches } from "./benches/index.ts";
import { parseCommandLine } from "./command-line.ts";
import { peers } from "./contestants.ts";
import { Field } from "./field.ts";
import { describeMachine } from "./machine.ts";
import { jsonOf, Table } from "./report.ts";

const invocation = parseCommandLine(process.argv.slice(2));
const { json, quick, threads } = invocation;
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = json ? say : (text: string): void => void process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), "tsuki-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const) {
  process.on(signal, () => process.exit(128 + number));
}

const commands = peers(invocation.peers, (why) => say(`left out: ${why}`));
const table = new Table(commands.map(({ name }) => name));
print(describeMachine(threads));

for (const name of invocation.benches) {
  const fields: Field[] = [];
  const open = (started: Parameters<typeof benches.gemm>[0]["peers"]): Field => {
    const field = new Field(started, say);
    fields.push(field);
    return field;
  };
  print(`\n${name}\n${table.head()}`);
  for await (const row of benches[name]({ quick, threads, peers: commands, open, folder, say })) {
    print(table.line(row));
    if (json) process.stdout.write(`${jsonOf(row)}\n`);
  }
  for (const field of fields) field.close();
}
