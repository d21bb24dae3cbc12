// The public API of every package, as files in api/ that a change of it changes. `--write` takes over what is new.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { root } from "./pnpm.mjs";

const write = process.argv.includes("--write");
const reports = join(root, "api");
const temporary = mkdtempSync(join(tmpdir(), "tsuki-api-"));
const silent = { default: { logLevel: "none" } };

let changed = false;
mkdirSync(reports, { recursive: true });
try {
  for (const { folder, manifest, entry, types } of entries()) {
    const name = `${manifest.name.split("/")[1]}${entry.slice(1).replaceAll("/", "-")}`;
    const config = ExtractorConfig.prepare({
      configObject: {
        mainEntryPointFilePath: join(folder, types),
        projectFolder: folder,
        // The declarations are resolved as a user's compiler does it: from what is built.
        compiler: {
          overrideTsconfig: { compilerOptions: { module: "nodenext", target: "es2022", skipLibCheck: true } },
        },
        apiReport: {
          enabled: true,
          reportFileName: `${name}.api.md`,
          reportFolder: reports,
          reportTempFolder: temporary,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        newlineKind: "lf",
        messages: {
          compilerMessageReporting: silent,
          extractorMessageReporting: silent,
          tsdocMessageReporting: silent,
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, "package.json"),
    });
    const { apiReportChanged } = Extractor.invoke(config, { localBuild: write, messageCallback: quiet });
    if (apiReportChanged) console.log(`api/${name}.api.md ${write ? "is written anew" : "differs from what is built"}`);
    changed ||= apiReportChanged;
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
if (changed && !write) {
  console.error("The public API has changed: look at it with `npm run api -- --write` and `git diff api`.");
  process.exitCode = 1;
}

/** Every entry of every package. */
function entries() {
  return readdirSync(join(root, "packages")).flatMap((name) => {
    const folder = join(root, "packages", name);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return Object.entries(manifest.exports).map(([entry, { types }]) => ({ folder, manifest, entry, types }));
  });
}

function quiet(message) {
  if (message.logLevel !== "error") message.handled = true;
}
