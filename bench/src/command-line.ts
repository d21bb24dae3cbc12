import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { type BenchName, benchNames } from "./benches/index.ts";
import { type PeerName, peerNames } from "./contestants.ts";

export interface Invocation {
  readonly benches: readonly BenchName[];
  readonly json: boolean;
  readonly quick: boolean;
  readonly peers: readonly PeerName[];
  readonly threads: number;
}

/** Reads the command line; what it cannot follow is said and ends the process, with code 2. */
export function parseCommandLine(args: readonly string[]): Invocation {
  const command = new Command("npm run bench --")
    .description("Measures Tsuki, and side by side with it other libraries. Higher is better in every unit.")
    .usage("[benches] [flags]")
    .showSuggestionAfterError(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .addArgument(new Argument("[benches...]", "what to measure (default: all)").choices([...benchNames]))
    .option("--json", "prints JSON alone, an object a line")
    .option("--quick", "few rounds of the smallest cases", false)
    .addOption(
      new Option("--peers <names>", `whom to compare with, of ${peerNames.join(", ")}; "none"`)
        .default([...peerNames], "all")
        .argParser(peerList),
    )
    .addOption(new Option("--threads <n>", "threads of ours").default(2).argParser(threadCount))
    .helpOption("-h, --help", "prints this")
    .parse([...args], { from: "user" });
  const names = [...new Set(command.args as BenchName[])];
  const { json = false, quick, peers, threads } = command.opts();
  return { benches: names.length > 0 ? names : benchNames, json, quick, peers, threads };
}

function peerList(text: string): PeerName[] {
  if (text === "none") return [];
  return [...new Set(text.split(","))].map((word) => {
    const name = peerNames.find((known) => known === word);
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`"${word}" is none of ${peerNames.join(", ")}.`);
  });
}

function threadCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError("It is a whole number from 1 to 64.");
}
