import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadPage } from "#page";
import { RunError, readRun } from "./read-run.ts";
import { reportHtml } from "./report-html.ts";
import { thin } from "./thin.ts";

export interface ReportOptions {
  /** The file; `report.html` in the first folder where not given. */
  readonly out?: string;
}

/**
 * Writes the report of one run, or of several beside each other: a page that needs no network and no other file. Of long
 * runs it holds means, with the lowest and the highest of what they stand for (`thin`).
 *
 * @param folders Of a run, or of several in the order of their colors.
 * @returns The path of the file.
 * @throws RunError where a folder holds no run
 */
export async function writeReport(folders: string | readonly string[], options: ReportOptions = {}): Promise<string> {
  const all = typeof folders === "string" ? [folders] : folders;
  if (all.length === 0) throw new RunError("a report needs the folder of a run");
  const runs = await Promise.all(all.map(readRun));
  const { out = join(all[0], "report.html") } = options;
  // Whoever looks at an earlier report meanwhile finds it whole.
  await writeFile(
    `${out}.tmp`,
    reportHtml(
      runs.map((run) => thin(run)),
      await loadPage(),
    ),
  );
  await rename(`${out}.tmp`, out);
  return out;
}
