import fc from "fast-check";
import { expect, test } from "vitest";
import { type Json, parseJson } from "./json.ts";

function fail(problem: string, at: number): never {
  throw new SyntaxError(`${at}: ${problem}`);
}

function plain({ value }: Json): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return value;
}

test("agrees with JSON.parse on every JSON value, compact or indented", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(plain(parseJson(text, fail))).toStrictEqual(JSON.parse(text));
    }),
  );
});

test("refuses exactly the texts that JSON.parse refuses", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ 0-1.eEtrufalsn\n\u0007'.split("")), maxLength: 12 }),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      let valid = true;
      try {
        JSON.parse(candidate);
      } catch {
        valid = false;
      }
      if (valid) expect(() => parseJson(candidate, fail)).not.toThrow();
      else expect(() => parseJson(candidate, fail)).toThrow(SyntaxError);
    }),
    {
      examples: [
        ['{"a":1,}'],
        ["[1,]"],
        ["01"],
        ["1."],
        ["-"],
        ['"\\x"'],
        ['"\n"'],
        ['"a'],
        ['"\\"'],
        ["{,}"],
        ["nul"],
        ['{"a" 1}'],
        [""],
      ],
    },
  );
});

test.each([
  ['{"a": 1, "b": 2, "a": 3}', '17: the key "a" is there twice'],
  ['{"\\u0061": 1, "a": 3}', '14: the key "a" is there twice'],
  ['[{"x": 1}, {"x": {"y": 1, "y": 1}}]', '26: the key "y" is there twice'],
])("finds a key that repeats: %s", (text, message) => {
  expect(() => parseJson(text, fail)).toThrow(message);
});

test("deep nesting is an error, not an exhausted stack", () => {
  expect(() => parseJson("[".repeat(1e6), fail)).toThrow("nested more than 32 levels deep");
  expect(() => parseJson('{"a":'.repeat(1e6), fail)).toThrow("nested more than 32 levels deep");
});

test("values know where they begin", () => {
  const { value } = parseJson(' {"a": [10, 20]}', fail);
  const list = (value as ReadonlyMap<string, Json>).get("a") as Json;
  expect([list.at, ...(list.value as Json[]).map((item) => item.at)]).toEqual([7, 8, 12]);
});
