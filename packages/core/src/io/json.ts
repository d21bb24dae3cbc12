/** A JSON value with its place in the text. Objects are maps, so that no key can reach a prototype. */
export interface Json {
  readonly value: null | boolean | number | string | readonly Json[] | ReadonlyMap<string, Json>;
  /** Index of the value's first character. */
  readonly at: number;
}

/** Deeper nesting is refused, so that no text can exhaust the stack. */
const maxDepth = 32;

/**
 * Parses a JSON text (RFC 8259), more strictly than `JSON.parse`: a key that repeats in an object is an error.
 *
 * @param fail Called with what is wrong and the index of the character where it is; must throw.
 */
export function parseJson(text: string, fail: (problem: string, at: number) => never): Json {
  let at = 0;
  const json = parseValue(0);
  skipSpace();
  if (at < text.length) fail("there is more text after the JSON value", at);
  return json;

  function parseValue(depth: number): Json {
    skipSpace();
    const start = at;
    if (depth > maxDepth) fail(`JSON is nested more than ${maxDepth} levels deep`, start);
    if (text[at] === "{") return { at: start, value: parseObject(depth) };
    if (text[at] === "[") return { at: start, value: parseArray(depth) };
    if (text[at] === '"') return { at: start, value: parseString() };
    return { at: start, value: parseLiteral() };
  }

  function parseObject(depth: number): ReadonlyMap<string, Json> {
    const entries = new Map<string, Json>();
    parseItems("}", () => {
      skipSpace();
      const start = at;
      const key = parseString();
      if (entries.has(key)) fail(`the key ${JSON.stringify(key)} is there twice`, start);
      skipSpace();
      expect(":");
      entries.set(key, parseValue(depth + 1));
    });
    return entries;
  }

  function parseArray(depth: number): readonly Json[] {
    const items: Json[] = [];
    parseItems("]", () => items.push(parseValue(depth + 1)));
    return items;
  }

  /** Items between commas, from the opening bracket to the closing one. */
  function parseItems(close: string, parseItem: () => void): void {
    at++;
    skipSpace();
    if (text[at] !== close) {
      parseItem();
      for (skipSpace(); text[at] === ","; skipSpace()) {
        at++;
        parseItem();
      }
    }
    expect(close);
  }

  function parseString(): string {
    const start = at;
    expect('"');
    while (text[at] !== '"') {
      at += text[at] === "\\" ? 2 : 1;
      if (at >= text.length) fail("a JSON string has no end", start);
    }
    at++;
    try {
      return JSON.parse(text.slice(start, at));
    } catch {
      return fail("a JSON string is malformed", start);
    }
  }

  function parseLiteral(): null | boolean | number {
    const literal = /(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
    literal.lastIndex = at;
    const found = literal.exec(text);
    if (found === null) return fail("a JSON value is expected", at);
    at = literal.lastIndex;
    return JSON.parse(found[0]);
  }

  function expect(character: string): void {
    if (text[at] !== character) fail(`JSON expects ${character}`, at);
    at++;
  }

  function skipSpace(): void {
    while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  }
}
