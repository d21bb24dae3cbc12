/** Links to places on pages; VitePress looks at the pages alone. */
import { readdirSync, readFileSync } from "node:fs";

/**
 * @param folder URL of a site that was built.
 * @throws Error that names every link to a place that is not there
 */
export function checkAnchors(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".html"));
  const pages = new Map(files.map((file) => [new URL(file, folder).href, readFileSync(new URL(file, folder), "utf8")]));
  const places = new Map([...pages].map(([page, html]) => [page, new Set(matches(html, / id="([^"]+)"/g))]));
  const dead = [...pages].flatMap(([page, html]) =>
    [...new Set(matches(html, /href="([^"#:]*#[^"]+)"/g))]
      .filter((link) => !places.get(pageOf(link, page, folder))?.has(decodeURIComponent(link.split("#")[1])))
      .map((link) => `${page.slice(folder.href.length)}: ${link}`),
  );
  if (dead.length > 0) throw new Error(`links to places that are not there:\n  ${dead.join("\n  ")}`);
}

/** The file of a link, as the site's clean URLs have it. */
function pageOf(link, page, folder) {
  const [path] = link.split("#");
  if (path === "") return page;
  const { href } = path.startsWith("/") ? new URL(`.${path}`, folder) : new URL(path, page);
  return href.endsWith("/") ? `${href}index.html` : `${href.replace(/\.html$/, "")}.html`;
}

function matches(text, pattern) {
  return [...text.matchAll(pattern)].map(([, found]) => found);
}
