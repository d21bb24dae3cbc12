import { Command, type CommanderError, Option } from "commander";
import { type ConfigSchema, type Flag, flagOf, isDerived } from "./config-schema.ts";
import { whole } from "./flag-values.ts";
import { UsageError } from "./usage-error.ts";

/** What the command line says about the run itself. */
export interface Invocation<Config> {
  readonly config: Config;
  /** Folder of a new run; `null`: one named by date and time. */
  readonly out: string | null;
  /** Folder of the run that goes on. */
  readonly resume: string | null;
  /** The step after which to stop, as if by Ctrl-C. */
  readonly stopAfter: number | null;
  /** Whether `metrics.csv` is written too. */
  readonly csv: boolean;
  /** Whether the report is written. */
  readonly report: boolean;
  /** Of the dashboard, 0: any; `null`: there is none. */
  readonly port: number | null;
}

export interface CommandLineOptions<Config extends object> {
  /** How the program is called, such as `npm start --`. */
  readonly command: string;
  readonly about: string;
  readonly schema: ConfigSchema<Config>;
  /** The config of an earlier run by its folder, for `--resume`. */
  readonly recorded: (folder: string) => Config;
  /** Whether the program has a dashboard; default: no. */
  readonly hasDashboard?: boolean;
}

/**
 * Reads the command line of a training program; `--help` prints all flags and ends the process.
 *
 * @throws UsageError
 */
export function parseCommandLine<Config extends object>(
  args: readonly string[],
  options: CommandLineOptions<Config>,
): Invocation<Config> {
  const command = commandLine(options);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    const { exitCode, message } = error as CommanderError;
    if (exitCode === 0) process.exit(0);
    throw new UsageError(message);
  }
  if (command.args.length > 0) throw new UsageError(`error: unexpected argument '${command.args[0]}'`);
  const {
    out = null,
    resume = null,
    stopAfter = null,
    csv = false,
    report,
    dashboard: port = null,
    ...said
  } = command.opts();
  const { schema, recorded } = options;
  const given = said as Partial<Config>;
  if (resume !== null && out !== null) {
    throw new UsageError("error: --out and --resume exclude each other: a resumed run stays in its folder");
  }
  const config = resume === null ? schema.complete(given) : goOn(schema, given, recorded(resume), resume);
  return { config, out, resume, stopAfter, csv, report, port };
}

/** A run's own config; flags may repeat it, and change what changes no bit. */
function goOn<Config extends object>(
  { names, free }: ConfigSchema<Config>,
  said: Partial<Config>,
  recorded: Config,
  folder: string,
): Config {
  const config = { ...recorded };
  for (const name of names) {
    const value = said[name];
    if (value === undefined || value === recorded[name]) continue;
    if (!free.includes(name)) {
      throw new UsageError(
        `error: ${flagOf(name)} ${value}: the run in ${folder} has ${recorded[name]}, and --resume keeps it`,
      );
    }
    config[name] = value;
  }
  return config;
}

function commandLine<Config extends object>(options: CommandLineOptions<Config>): Command {
  const { command: name, about, schema, hasDashboard = false } = options;
  const command = new Command(name)
    .description(about)
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
  command.option("--csv", "writes metrics.csv beside metrics.jsonl");
  command.option("--no-report", "writes no report.html at the end");
  if (hasDashboard) {
    const port = new Option("--dashboard [port]", "serves the report while the run goes on, on this machine only");
    command.addOption(port.preset("0").argParser(whole(0, 65_535)));
  }
  for (const [heading, group] of Object.entries(schema.groups)) {
    command.optionsGroup(`${heading}:`);
    for (const [field, { placeholder, about, parse, initial }] of Object.entries<Flag<unknown, Config>>(
      group as Record<string, Flag<unknown, Config>>,
    )) {
      const words = isDerived<unknown, Config>(initial) ? initial.words : JSON.stringify(initial);
      const option = new Option(`${flagOf(field)} <${placeholder}>`, `${about} (default: ${words})`);
      command.addOption(option.argParser<unknown>(parse));
    }
  }
  return command.helpOption("-h, --help", "prints this");
}
