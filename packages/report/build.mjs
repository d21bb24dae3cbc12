// After `tsc -b`: puts the page's script and style into dist, where the published package looks for them.
import { writeFile } from "node:fs/promises";
import { loadPage } from "./dist/page-from-source.js";

const page = JSON.stringify(await loadPage());
await writeFile(
  new URL("dist/page-built.js", import.meta.url),
  `const page = ${page};\nexport const loadPage = async () => page;\n`,
);
