/** What can be imported from the packages: a page each in the API reference. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../packages/", import.meta.url));
const pages = fileURLToPath(new URL("./", import.meta.url));

/** The lowest first. */
const folders = ["core", "nn", "optim", "moe", "data", "train", "report", "gpu"];

const unnamed = readdirSync(packages).filter((folder) => !folders.includes(folder));
if (unnamed.length > 0) throw new Error(`docs/modules.mjs does not name the packages ${unnamed.join(", ")}`);

/** By the name under which it is imported, `@tsuki/core/files`, with its source. */
export const modules = folders.flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(`${packages}${folder}/package.json`, "utf8"));
  return Object.entries(exports).map(([path, conditions]) => ({
    name: name + path.slice(1),
    folder,
    source: `${packages}${folder}/${conditions["@tsuki/source"].slice(2)}`,
  }));
});

/** The page of a module that was written: one that has namespaces is a folder. */
export function pageOf({ name }) {
  const page = `/api/${name.replace("@tsuki/", "")}`;
  return existsSync(`${pages}${page.slice(1)}/index.md`) && !existsSync(`${pages}${page.slice(1)}.md`)
    ? `${page}/`
    : page;
}
