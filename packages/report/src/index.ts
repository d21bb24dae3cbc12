/** Reports of training runs: a page for one run, or for several beside each other. */
export { RunError, readRun } from "./read-run.ts";
export type { RunData } from "./run-data.ts";
export { type ReportOptions, writeReport } from "./write-report.ts";
