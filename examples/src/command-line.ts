import { Command, type CommanderError, Option } from "commander";
import { whole } from "./flag-values.ts";
import { complete, flagGroups, isDerived, type Options, optionNames, UsageError } from "./options.ts";

/** What the command line says about the run itself. */
export interface Invocation {
  readonly options: Options;
  /** Folder of a new run; `null`: one named by date and time. */
  readonly out: string | null;
  /** Folder of the run that goes on. */
  readonly resume: string | null;
  /** The step after which to stop, as if by Ctrl-C. */
  readonly stopAfter: number | null;
}

/** What may be said anew where a run goes on: it changes no bit. */
const free: readonly (keyof Options)[] = ["threads", "checkpointEvery", "keepCheckpoints", "logEvery"];

/**
 * Reads the command line; `--help` prints all flags and ends the process.
 *
 * @param recorded The options of an earlier run by its folder, for `--resume`.
 * @throws UsageError
 */
export function parseCommandLine(args: readonly string[], recorded: (folder: string) => Options): Invocation {
  const command = commandLine();
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    const { exitCode, message } = error as CommanderError;
    if (exitCode === 0) process.exit(0);
    throw new UsageError(message);
  }
  if (command.args.length > 0) throw new UsageError(`error: unexpected argument '${command.args[0]}'`);
  const said = command.opts<Partial<Options> & Partial<Invocation>>();
  const { out = null, resume = null, stopAfter = null } = said;
  if (resume === null) return { options: complete(said), out, resume, stopAfter };
  if (out !== null)
    throw new UsageError("error: --out and --resume exclude each other: a resumed run stays in its folder");
  return { options: goOn(said, recorded(resume), resume), out, resume, stopAfter };
}

/** A run's own options; flags may repeat them, and change those that change no bit. */
function goOn(said: Partial<Options>, recorded: Options, folder: string): Options {
  for (const name of optionNames) {
    const value = said[name];
    if (value === undefined || free.includes(name) || value === recorded[name]) continue;
    throw new UsageError(
      `error: ${flagOf(name)} ${value}: the run in ${folder} has ${recorded[name]}, and --resume keeps it`,
    );
  }
  const changed = free.filter((name) => said[name] !== undefined).map((name) => [name, said[name]]);
  return { ...recorded, ...Object.fromEntries(changed) };
}

function commandLine(): Command {
  const command = new Command("npm start --")
    .description("Trains a small Moonlight on the text of Moby-Dick, byte by byte.")
    .usage("[flags]")
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments();
  command.optionsGroup("Run:");
  command.option("--out <dir>", 'folder of a new run (default: "runs/" with date and time)');
  command.option("--resume <dir>", "goes on with the run in a folder, bit for bit");
  command.addOption(
    new Option("--stop-after <n>", "stops after this step, as Ctrl-C does (default: the last step)").argParser(
      whole(1),
    ),
  );
  for (const [heading, group] of Object.entries(flagGroups)) {
    command.optionsGroup(`${heading}:`);
    for (const [name, { placeholder, about, parse, initial }] of Object.entries(group)) {
      const words = isDerived(initial) ? initial.words : JSON.stringify(initial);
      const option = new Option(`${flagOf(name)} <${placeholder}>`, `${about} (default: ${words})`);
      command.addOption(option.argParser<unknown>(parse));
    }
  }
  return command.helpOption("-h, --help", "prints this");
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
