import { Command, InvalidArgumentError } from "commander";
import { PortError, startDashboard } from "./dashboard/dashboard.ts";
import { RunError } from "./read-run.ts";
import { writeReport } from "./write-report.ts";

interface Options {
  readonly out?: string;
  readonly live?: true;
  readonly port?: number;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It is a whole number from 0 (any free one) to 65535.");
}

const command = new Command("npm run report --")
  .description("Writes a page with the charts of a training run, or of several beside each other, or shows it live.")
  .argument("<run...>", "folders of runs, such as runs/2026-02-24T09-30-00")
  .option("--out <file>", "where to (default: report.html in the first folder)")
  .option("--live", "serves the page on this machine, with what is trained meanwhile, until Ctrl-C")
  .option("--port <n>", "of the live page (default: any free one)", parsePort)
  // As all commands of the project: 2 for a wrong command line.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .helpOption("-h, --help", "prints this");
command.parse();
const { live, out, port }: Options = command.opts();
if (live && out !== undefined) command.error("error: --live writes no file: leave --out away");
if (!live && port !== undefined) command.error("error: --port is that of --live");

try {
  if (live) {
    const dashboard = await startDashboard(command.args, { port });
    process.stdout.write(`${dashboard.url}\n`);
    process.once("SIGINT", () => dashboard.close());
  } else {
    process.stdout.write(`${await writeReport(command.args, { out })}\n`);
  }
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof RunError || error instanceof PortError ? 2 : 1;
}
