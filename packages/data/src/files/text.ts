import { checkOptions, FormatError } from "@tsuki/core";
import { mapStream, type Stream } from "../stream.ts";
import { type FilePlace, type FileRecord, RecordStream } from "./records.ts";

export interface ReadTextOptions {
  /** What ends a text; default: the end of a line, `"\n"` (or `"\r\n"`). */
  readonly separator?: string;
}

/**
 * The lines of text files, one after the other, or the texts between other separators: `"\n\n"` for paragraphs. The
 * files are read as they are needed; the state is a byte offset.
 *
 * @throws FormatError with file and byte offset for what is not UTF-8, and for a place that is not one of the file's.
 */
export function readText(paths: string | readonly string[], options: ReadTextOptions = {}): Stream<string, FilePlace> {
  checkOptions("readText", options, "separator");
  const { separator = "\n" } = options;
  const records = new RecordStream("readText", paths, separator);
  return mapStream(records, ({ text }) => (separator === "\n" ? text.replace(/\r$/, "") : text));
}

/**
 * The values of JSON Lines files, one a line; empty lines are passed over.
 *
 * @param make Makes an item of a value, `undefined` for one that is left out; its errors are told with the place of the line.
 * @throws FormatError with file, line and byte offset.
 */
export function readJsonLines(paths: string | readonly string[]): Stream<unknown, FilePlace>;
export function readJsonLines<T>(
  paths: string | readonly string[],
  make: (value: unknown) => T | undefined,
): Stream<T, FilePlace>;
export function readJsonLines(
  paths: string | readonly string[],
  make: (value: unknown) => unknown = (value) => value,
): Stream<unknown, FilePlace> {
  return mapStream(new RecordStream("readJsonLines", paths, "\n"), (record) => parse(record, make));
}

/** All values of JSON Lines files at once; see `readJsonLines`. */
export async function loadJsonLines<T>(
  paths: string | readonly string[],
  make: (value: unknown) => T | undefined,
): Promise<T[]> {
  const items: T[] = [];
  for await (const item of readJsonLines(paths, make)) items.push(item);
  return items;
}

function parse({ text, where }: FileRecord, make: (value: unknown) => unknown): unknown {
  if (text.trim() === "") return undefined;
  try {
    return make(JSON.parse(text));
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new FormatError(`${where}: ${cause.message}`, { cause });
  }
}
