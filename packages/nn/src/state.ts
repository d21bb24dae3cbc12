import {
  checkOptions,
  checkRecord,
  convertData,
  dtypes,
  fromData,
  readAll,
  StateError,
  type TensorData,
  together,
  type Variable,
} from "@tsuki/core";

/** A variable of a module's state. */
export interface StateEntry {
  readonly variable: Variable;
  /** The name under which it is stored, then others that reach the same variable. */
  readonly names: readonly string[];
  /** Names of the slices along axis 0 of a stacked parameter, which are stored in its place. */
  readonly slices: readonly string[] | null;
}

export interface LoadOptions {
  /** Whether missing and unexpected names are errors; default true. */
  readonly strict?: boolean;
  /** Names that are neither loaded nor looked for. */
  readonly ignore?: readonly RegExp[];
}

/** What a load with `strict: false` left out. */
export interface LoadReport {
  /** Names that the module has and the record lacks. */
  readonly missing: readonly string[];
  /** Names that the record has and the module lacks. */
  readonly unexpected: readonly string[];
}

/** Rotary frequencies that some checkpoints hold; they follow from the configuration. */
const derived = /(^|\.)rotary_emb\.inv_freq$/;

/** Host copies of all entries, taken at one moment. */
export async function readState(entries: readonly StateEntry[]): Promise<Record<string, TensorData>> {
  const whole = await readAll(Object.fromEntries(entries.map(({ names, variable }) => [names[0], variable])));
  return Object.fromEntries(
    entries.flatMap(({ names: [name], slices }): [string, TensorData][] =>
      slices ? slices.map((slice, index) => [slice, sliceOf(whole[name], index)]) : [[name, whole[name]]],
    ),
  );
}

function sliceOf({ dtype, shape: [count, ...shape], data }: TensorData, index: number): TensorData {
  const size = data.length / count;
  return { dtype, shape, data: data.subarray(index * size, (index + 1) * size) };
}

/** Assigns all entries from a record, or throws one `StateError` and assigns nothing. */
export function loadState(
  entries: readonly StateEntry[],
  record: Readonly<Record<string, TensorData>>,
  options: LoadOptions,
  op: string = "loadStateDict",
): LoadReport {
  checkRecord(op, record);
  checkOptions(op, options, "strict", "ignore");
  const { strict = true, ignore = [] } = options;
  const ignored = (name: string): boolean => ignore.some((pattern) => name.search(pattern) >= 0);
  const loader = new Loader(record, ignored);
  const assignments = entries.flatMap((entry) => loader.take(entry));
  const unexpected = loader.unexpected();
  const { missing, mismatched } = loader;
  const problems = [
    ...(strict ? missing.map((name) => `missing: ${name}`) : []),
    ...(strict ? unexpected.map((name) => `unexpected: ${name}`) : []),
    ...mismatched,
  ];
  if (problems.length > 0) {
    const count = problems.length === 1 ? "1 name does" : `${problems.length} names do`;
    throw new StateError(`${op}: ${count} not fit; nothing was loaded\n  ${problems.join("\n  ")}`);
  }
  together(() => {
    for (const { variable, value } of assignments) variable.assign(fromData(value));
  });
  return { missing, unexpected };
}

interface Assignment {
  readonly variable: Variable;
  readonly value: TensorData;
}

/** Matches a record against entries, and notes what does not fit. */
class Loader {
  readonly missing: string[] = [];
  readonly mismatched: string[] = [];
  readonly #record: Readonly<Record<string, TensorData>>;
  readonly #ignored: (name: string) => boolean;
  readonly #known = new Set<string>();

  constructor(record: Readonly<Record<string, TensorData>>, ignored: (name: string) => boolean) {
    this.#record = record;
    this.#ignored = ignored;
  }

  /** The assignment of an entry; none where its value is missing, ignored or does not fit. */
  take({ variable, names, slices }: StateEntry): Assignment[] {
    const { dtype, shape } = variable;
    if (slices === null) {
      const value = this.#find(names, shape, dtype);
      return value ? [{ variable, value }] : [];
    }
    const parts = slices.map((name) => this.#find([name], shape.slice(1), dtype));
    if (!parts.every((part) => part !== null)) return [];
    return [{ variable, value: stack(parts, shape, dtype) }];
  }

  /** Names of the record that no entry has. */
  unexpected(): string[] {
    return Object.keys(this.#record).filter(
      (name) => !this.#known.has(name) && !this.#ignored(name) && !derived.test(name),
    );
  }

  /** The value under the first of the names that the record has. */
  #find(names: readonly string[], shape: readonly number[], dtype: Variable["dtype"]): TensorData | null {
    for (const name of names) this.#known.add(name);
    const name = names.find((candidate) => Object.hasOwn(this.#record, candidate) && !this.#ignored(candidate));
    if (name === undefined) {
      if (!this.#ignored(names[0])) this.missing.push(names[0]);
      return null;
    }
    const found = this.#record[name];
    const value = convert(found, dtype);
    if (value !== null && String(value.shape) === String(shape)) return value;
    this.mismatched.push(`mismatch: ${name} is [${found.shape}] ${found.dtype}, the module has [${shape}] ${dtype}`);
    return null;
  }
}

/** The same values in the variable's type; `null` where that loses something which the variable's own type does not ask for. */
function convert(source: TensorData, dtype: Variable["dtype"]): TensorData | null {
  return source.dtype === "float64" && dtype === "float32" ? null : convertData(source, dtype);
}

/** Equal shapes, one after the other along a new first axis. */
function stack(parts: readonly TensorData[], shape: readonly number[], dtype: Variable["dtype"]): TensorData {
  const data = dtypes[dtype].create(parts.length * (parts[0]?.data.length ?? 0));
  for (const [index, part] of parts.entries()) data.set(part.data, index * part.data.length);
  return { dtype, shape, data };
}
