/** `npm run site`: builds the site into docs/.vitepress/dist. `npm run site -- dev` serves it, and shows each change of a page. */
import { fileURLToPath } from "node:url";
import { build, createServer } from "vitepress";
import { checkAnchors } from "./anchors.mjs";
import { writeApi } from "./api.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));
const [mode = "build"] = process.argv.slice(2);

if (mode !== "build" && mode !== "dev") {
  process.stderr.write(`error: "${mode}" is neither build nor dev\n\nnpm run site [-- dev]\n`);
  process.exit(2);
}

await writeApi();
if (mode === "build") {
  await build(root);
  checkAnchors(new URL(".vitepress/dist/", import.meta.url));
} else {
  const server = await createServer(root);
  await server.listen();
  server.printUrls();
}
