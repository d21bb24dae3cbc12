/** Reports of training runs: a page for one run, or for several beside each other, also while they go on. */
export { type Dashboard, type DashboardOptions, PortError, startDashboard } from "./dashboard/dashboard.ts";
export { RunError, readRun } from "./read-run.ts";
export type { RunData } from "./run-data.ts";
export { type SameLoss, type Shares, sameLoss } from "./same-loss.ts";
export { type ReportOptions, writeReport } from "./write-report.ts";
