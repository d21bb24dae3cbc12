/** Configs of models: plain data, checked field by field, read from and written to Hugging Face's `config.json`. */
import { ArgumentError } from "@tsuki/core";

/** The values that a field may have. */
export interface ConfigRange {
  readonly name: string;
  readonly holds: (value: unknown) => boolean;
}

const wholeFrom = (least: number): ConfigRange => ({
  name: `a whole number ≥ ${least}`,
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
const number = (name: string, holds: (value: number) => boolean): ConfigRange => ({
  name,
  holds: (value) => Number.isFinite(value) && holds(value as number),
});

export const configRanges: Readonly<
  Record<"count" | "countOrNone" | "countOrNull" | "positive" | "notNegative" | "dropRate" | "boolean", ConfigRange>
> = {
  count: wholeFrom(1),
  countOrNone: wholeFrom(0),
  countOrNull: { name: "null or a whole number ≥ 1", holds: (value) => value === null || wholeFrom(1).holds(value) },
  positive: number("a finite number > 0", (value) => value > 0),
  notNegative: number("a finite number ≥ 0", (value) => value >= 0),
  dropRate: number("a number in [0, 1)", (value) => value >= 0 && value < 1),
  boolean: { name: "true or false", holds: (value) => typeof value === "boolean" },
};

/** The content of a `config.json`. */
export type ConfigKeys = ReadonlyMap<string, unknown>;

export interface ConfigField {
  /** What Hugging Face calls it. */
  readonly key: string;
  readonly range: ConfigRange;
  /** Its value where the key is absent or null; `undefined`, and by default: it must be there. */
  readonly missing?: (given: ConfigKeys) => unknown;
}

/** What a kind of config consists of. */
export interface ConfigSchema<Config extends object> {
  /** Named in errors, such as "Llama". */
  readonly name: string;
  readonly fields: Readonly<Record<keyof Config & string, ConfigField>>;
  /** Keys that select a variant of the architecture, with the values that are implemented; absent means the first. */
  readonly variants: Readonly<Record<string, readonly unknown[]>>;
  /** How fields that are in their ranges do not fit together. */
  readonly misfits: (config: Config, named: (field: keyof Config & string) => string) => string[];
  /** What else of a `config.json` this model lacks. */
  readonly unsupported?: (given: ConfigKeys) => string[];
}

/**
 * Checks every field and how they fit together; all that is wrong is in one error.
 *
 * @param named What a field is called in errors: a config file has other names.
 */
export function checkConfig<Config extends object>(
  { name, fields, misfits }: ConfigSchema<Config>,
  config: Config,
  named: (field: keyof Config & string) => string = String,
): void {
  const wrong = fieldNames(fields)
    .filter((field) => !fields[field].range.holds(config[field]))
    .map((field) => `${named(field)} must be ${fields[field].range.name}, not ${JSON.stringify(config[field])}`);
  if (wrong.length === 0) wrong.push(...misfits(config, named));
  if (wrong.length > 0) throw new ArgumentError(`${name} config: ${wrong.join("; ")}`);
}

/**
 * Reads the content of a Hugging Face `config.json`. Keys that change nothing (`torch_dtype`, `use_cache`, …) are ignored.
 *
 * @throws ArgumentError that names every missing key, every value out of range, and every variant that the model lacks.
 */
export function readConfig<Config extends object>(schema: ConfigSchema<Config>, json: unknown): Config {
  const { name, fields, variants, unsupported } = schema;
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new ArgumentError(`${name} config: config.json holds an object, not ${JSON.stringify(json)}`);
  }
  const given = new Map<string, unknown>(Object.entries(json));
  const valueOf = ({ key, missing }: ConfigField): unknown => {
    const value = given.get(key) ?? undefined;
    const other = value === undefined ? missing?.(given) : value;
    return other === undefined ? given.get(key) : other;
  };
  const wrong = Object.entries(variants)
    .filter(([key, values]) => given.has(key) && !values.includes(given.get(key)))
    .map(([key, values]) => {
      const known = values.map((value) => JSON.stringify(value)).join(" or ");
      return `${key} = ${JSON.stringify(given.get(key))} is not supported, only ${known}`;
    });
  wrong.push(...(unsupported?.(given) ?? []));
  const entries = fieldNames(fields).map((field) => [field, valueOf(fields[field])] as const);
  const missing = entries.flatMap(([field, value]) => (value === undefined ? [fields[field].key] : []));
  if (missing.length > 0) wrong.push(`missing: ${missing.join(", ")}`);
  if (wrong.length > 0) throw new ArgumentError(`${name} config: ${wrong.join("; ")}`);
  const config = Object.fromEntries(entries) as Config;
  checkConfig(schema, config, (field) => fields[field].key);
  return config;
}

/** The content of a Hugging Face `config.json`: the variants' first values, and every field. */
export function writeConfig<Config extends object>(
  schema: ConfigSchema<Config>,
  config: Config,
): Record<string, unknown> {
  checkConfig(schema, config);
  const { fields, variants } = schema;
  return {
    ...Object.fromEntries(Object.entries(variants).map(([key, [first]]) => [key, first])),
    ...Object.fromEntries(fieldNames(fields).map((field) => [fields[field].key, config[field]])),
  };
}

/** The fields of a config, in the order of their definition. */
function fieldNames<Name extends string>(fields: Readonly<Record<Name, ConfigField>>): Name[] {
  return Object.keys(fields) as Name[];
}
