import { posix } from "node:path";
import type { MarkdownRenderer } from "vitepress";

/**
 * Links to files of the repository that are no pages (`../packages/core/src/ops/power.ts`) are plain text on the site: of files of
 * core their path in it.
 */
export function plainOutsideLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("plain-outside-links", ({ tokens, env }) => {
    const folder = posix.dirname(env.relativePath ?? "");
    const isOutside = (href: string | null): boolean => posix.join(folder, href ?? "").startsWith("..");
    for (const token of tokens) {
      if (!token.children) continue;
      let outside = false;
      token.children = token.children.filter((child) => {
        if (child.type === "link_open") outside = isOutside(child.attrGet("href"));
        if (outside && child.type === "text") child.content = child.content.replace(/^packages\/core\/src\//, "");
        return !(outside && (child.type === "link_open" || child.type === "link_close"));
      });
    }
  });
}
