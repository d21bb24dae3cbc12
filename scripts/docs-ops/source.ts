/** What the sources say of the functions that a file exports: names, signatures, docstrings. */
import { readFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A documented function. */
export interface Entry {
  readonly name: string;
  /** Its source file, from the root. */
  readonly file: string;
  readonly signatures: readonly string[];
  /** The first sentence of its docstring. */
  readonly summary: string;
}

/** The functions that `path` exports from other files, in the order of the names. */
export function exportsOf(path: string): Entry[] {
  const text = read(path);
  return [...text.matchAll(/^export \{([^}]*)\} from "([^"]+)";$/gm)].flatMap(([, names, from]) => {
    const file = posix.join(dirname(path), from);
    const source = read(file);
    return names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "))
      .flatMap((name) => {
        const [local, exported = local] = name.split(" as ");
        return describe(source, file, local, exported);
      });
  });
}

/** The functions of a file of its own entry in the package. */
export function functionsOf(path: string): Entry[] {
  const source = read(path);
  const names = [...source.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => name);
  return names.flatMap((name) => describe(source, path, name, name));
}

function read(path: string): string {
  return readFileSync(`${root}${path}`, "utf8");
}

/** Nothing where the name is no function. */
function describe(source: string, file: string, local: string, exported: string): Entry[] {
  const constant = new RegExp(`^export const ${local}: (\\([^)]*\\)) => (\\w+) =`, "m").exec(source);
  if (constant) {
    const { index, 1: parameters, 2: result } = constant;
    const summary = firstSentence(docstringBefore(source, index));
    return [{ name: exported, file, signatures: [`${exported}${parameters}: ${result}`], summary }];
  }
  const heads = [...source.matchAll(new RegExp(`^export (?:async )?function ${local}[<(]`, "gm"))];
  if (heads.length === 0) return [];
  // An implementation behind overloads is not called by itself.
  const called = heads.length > 1 ? heads.slice(0, -1) : heads;
  const signatures = called.map(({ index }) =>
    signatureAt(source, index)
      .replace(/^export (async )?function \w+/, exported)
      .replace(/readonly /g, ""),
  );
  return [{ name: exported, file, signatures, summary: firstSentence(docstringBefore(source, heads[0].index)) }];
}

/** From `export` to the body or the end of an overload, on one line. */
function signatureAt(source: string, start: number): string {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    if ("({".includes(source[i])) depth++;
    if (")}".includes(source[i])) depth--;
    const rest = source.slice(i + 1);
    const ends = depth === 0 && (source[i] === ";" || (/^ \{\n/.test(rest) && source[i] !== ":"));
    if (ends) {
      return source
        .slice(start, source[i] === ";" ? i : i + 1)
        .replace(/\s+/g, " ")
        .replace(/\( /g, "(")
        .replace(/,? \)/g, ")");
    }
  }
  throw new Error(`no end of the signature: ${source.slice(start, start + 60)}`);
}

function docstringBefore(source: string, at: number): string {
  const [, text] = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\n$/.exec(source.slice(0, at)) ?? [];
  if (text === undefined) throw new Error(`no docstring before: ${source.slice(at, at + 60)}`);
  return text.replace(/^\s*\* ?/gm, "").trim();
}

function firstSentence(text: string): string {
  const [paragraph] = text.split(/\n\n|\n@|\n- /);
  const [sentence] = paragraph.replace(/\s+/g, " ").split(/(?<=\.)\s(?=[A-Z`])/);
  return sentence;
}
