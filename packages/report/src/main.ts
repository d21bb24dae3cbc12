import { Command } from "commander";
import { RunError } from "./read-run.ts";
import { type ReportOptions, writeReport } from "./write-report.ts";

const command = new Command("npm run report --")
  .description("Writes a page with the charts of a training run, or of several beside each other.")
  .argument("<run...>", "folders of runs, such as runs/2026-02-24T09-30-00")
  .option("--out <file>", "where to (default: report.html in the first folder)")
  // As all commands of the project: 2 for a wrong command line.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .helpOption("-h, --help", "prints this");
command.parse();

try {
  process.stdout.write(`${await writeReport(command.args, command.opts<ReportOptions>())}\n`);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof RunError ? 2 : 1;
}
