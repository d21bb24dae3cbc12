import { ArgumentError, Variable } from "@tsuki/core";

/** Parameters: a record, a Map, a sequence of `[name, parameter]`, or of parameters, which then go by their own names. */
export type Parameters = Readonly<Record<string, Variable>> | Iterable<Variable | readonly [string, Variable]>;

/** The names and parameters, in their order. */
export function entriesOf(params: Parameters): (readonly [string, Variable])[] {
  const entries = isIterable(params)
    ? [...params].map((entry) => (entry instanceof Variable ? ([entry.name, entry] as const) : entry))
    : Object.entries(params);
  for (const [name, parameter] of entries) {
    if (!(parameter instanceof Variable))
      throw new ArgumentError(`"${name}" is no variable; make it one with parameter()`);
  }
  return entries;
}

/** The parameters without their names. */
export function variablesOf(params: Parameters): Variable[] {
  return entriesOf(params).map(([, parameter]) => parameter);
}

function isIterable<T>(params: Readonly<Record<string, Variable>> | Iterable<T>): params is Iterable<T> {
  return Symbol.iterator in params;
}
