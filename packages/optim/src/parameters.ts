import { ArgumentError, shown, Variable } from "@tsuki/core";

/** Parameters: a record, a Map, a sequence of `[name, parameter]`, or of parameters, which then go by their own names. */
export type Parameters = Readonly<Record<string, Variable>> | Iterable<Variable | readonly [string, Variable]>;

/** The names and parameters, in their order. */
export function entriesOf(params: Parameters): (readonly [string, Variable])[] {
  if (typeof params !== "object" || params === null) {
    throw new ArgumentError(`parameters are a record or a list of variables, not ${shown(params)}`);
  }
  const { namedParameters } = params as { readonly namedParameters?: unknown };
  if (typeof namedParameters === "function") {
    throw new ArgumentError(
      "parameters are a record or a list of variables, not a module; give model.namedParameters()",
    );
  }
  const entries = isIterable(params) ? [...params].map(entryOf) : Object.entries(params);
  for (const [name, parameter] of entries) {
    if (parameter instanceof Variable) continue;
    throw new ArgumentError(`"${name}" is no variable, but ${shown(parameter)}; make it one with parameter()`);
  }
  return entries;
}

function entryOf(entry: Variable | readonly [string, Variable]): readonly [string, Variable] {
  if (entry instanceof Variable) return [entry.name, entry];
  if (Array.isArray(entry)) return entry as readonly [string, Variable];
  throw new ArgumentError(`a parameter is a variable or [name, variable], not ${shown(entry)}`);
}

/** The parameters without their names. */
export function variablesOf(params: Parameters): Variable[] {
  return entriesOf(params).map(([, parameter]) => parameter);
}

function isIterable<T>(params: Readonly<Record<string, Variable>> | Iterable<T>): params is Iterable<T> {
  return Symbol.iterator in params;
}
