/** The TypeScript of a page of the guide, as a program, and what it says that it prints. */
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));

export interface Page {
  readonly name: string;
  /** All `ts` blocks, each on its own lines of the page, so that errors name these. */
  readonly program: string;
  /** Blocks marked `ts no-run`, which are programs of their own and only checked. */
  readonly unrun: readonly string[];
  /** What stands behind `// →`, in order. */
  readonly printed: readonly string[];
}

/** The pages that are written by hand and have TypeScript. */
export function readPages(): Page[] {
  const guide = readdirSync(`${docs}guide`).map((file) => `guide/${file}`);
  return ["architecture.md", ...guide]
    .filter((file) => file.endsWith(".md"))
    .map((file) => parse(basename(file, ".md"), readFileSync(docs + file, "utf8")))
    .filter(({ program, unrun }) => program.trim() !== "" || unrun.length > 0);
}

function parse(name: string, text: string): Page {
  const lines = text.split("\n");
  const program = lines.map(() => "");
  const unrun: string[] = [];
  let info: string | null = null;
  for (const [i, line] of lines.entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence) {
      info = info === null ? fence[1] : null;
      if (info === "ts no-run") unrun.push("\n".repeat(i));
    } else if (info === "ts") {
      program[i] = line;
    } else if (info === "ts no-run") {
      unrun[unrun.length - 1] += `\n${line}`;
    }
  }
  return { name, program: program.join("\n"), unrun, printed: printedBy(program) };
}

/** `x; // → text`, or below the statement; lines that follow, indented as the text is, belong to it. */
function printedBy(program: readonly string[]): string[] {
  const printed: string[] = [];
  let open = false;
  for (const line of program) {
    const first = /\/\/ → (.*)$/.exec(line);
    const more = /^\s*\/\/ {3}(.*)$/.exec(line);
    if (first) printed.push(first[1]);
    else if (more && open) printed[printed.length - 1] += `\n${more[1]}`;
    open = first !== null || (more !== null && open);
  }
  return printed;
}
