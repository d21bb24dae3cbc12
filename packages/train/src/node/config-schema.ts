import { UsageError } from "./usage-error.ts";

/** A flag's placeholder, description and values. */
export interface Flag<T, Config> {
  readonly placeholder: string;
  readonly about: string;
  readonly parse: (text: string) => T;
  /** The default, or how it follows from the rest of the config, with words for the help. */
  readonly initial: T | Derived<T, Config>;
}

export interface Derived<T, Config> {
  readonly words: string;
  readonly from: (config: Config) => T;
}

/** Flags by field, in the order of the help: `topK` is `--top-k`. */
export type Flags<Config> = { readonly [Name in keyof Config]: Flag<Config[Name], Config> };

export interface SchemaOptions<Config> {
  /** Calls `refuse` with what does not fit together. */
  readonly check?: (config: Config, refuse: (message: string) => never) => void;
  /** What may be said anew where a run goes on: it changes no bit. */
  readonly free?: readonly (keyof Config & string)[];
}

/** What a program can be told: a flag for each field of a config, which is plain data. */
export class ConfigSchema<Config extends object> {
  /** Flags under the headings of the help. */
  readonly groups: Readonly<Record<string, Partial<Flags<Config>>>>;
  /** The fields, in the order of the help. */
  readonly names: readonly (keyof Config & string)[];
  readonly free: readonly (keyof Config & string)[];
  readonly #flags: Flags<Config>;
  readonly #check: NonNullable<SchemaOptions<Config>["check"]>;

  constructor(groups: Readonly<Record<string, Partial<Flags<Config>>>>, options: SchemaOptions<Config> = {}) {
    this.groups = groups;
    this.#flags = Object.assign({}, ...Object.values(groups));
    this.names = Object.keys(this.#flags) as (keyof Config & string)[];
    this.free = options.free ?? [];
    this.#check = options.check ?? (() => {});
  }

  /**
   * The whole config, with defaults where nothing was given.
   *
   * @throws UsageError that names fields which do not fit together
   */
  complete(given: Partial<Config>): Config {
    const config = {} as Config;
    const fill = <Name extends keyof Config>(name: Name, value: Config[Name]): void => {
      config[name] = given[name] ?? value;
    };
    // Derived ones come last: they follow from others.
    for (const name of this.names) {
      const { initial } = this.#flags[name];
      if (!isDerived(initial)) fill(name, initial);
    }
    for (const name of this.names) {
      const { initial } = this.#flags[name];
      if (isDerived<Config[typeof name], Config>(initial)) fill(name, initial.from(config));
    }
    this.#check(config, (message) => {
      throw new UsageError(`error: ${message}`);
    });
    return config;
  }

  /**
   * A config as a file holds it, checked as flags are.
   *
   * @throws UsageError that names the field
   */
  from(record: Readonly<Record<string, unknown>>, file: string): Config {
    const given: Partial<Config> = {};
    for (const name of this.names) {
      const value = Object.hasOwn(record, name) ? record[name] : undefined;
      if (value === undefined) throw new UsageError(`error: ${file}: "${name}" is missing`);
      const { initial, parse } = this.#flags[name];
      if (value === null && isDerived<Config[typeof name], Config>(initial) && initial.from(given as Config) === null) {
        continue;
      }
      try {
        given[name] = parse(String(value));
      } catch (error) {
        throw new UsageError(`error: ${file}: "${name}" is ${JSON.stringify(value)}. ${(error as Error).message}`);
      }
    }
    return this.complete(given);
  }
}

/** A flag, with the type of its values from what reads them. */
export function flag<T, Config = unknown>(
  placeholder: string,
  about: string,
  parse: (text: string) => T,
  initial: NoInfer<T> | Derived<NoInfer<T>, Config>,
): Flag<T, Config> {
  return { placeholder, about, parse, initial };
}

/** The flag of a field: `--top-k` of `topK`. */
export function flagOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Whether a default follows from the rest of the config. */
export function isDerived<T, Config>(initial: T | Derived<T, Config>): initial is Derived<T, Config> {
  return typeof initial === "object" && initial !== null;
}
