import { Variable } from "@tsuki/core";

/** Parameters with their names: a record, a Map, or any sequence of `[name, parameter]`. */
export type NamedParameters = Readonly<Record<string, Variable>> | Iterable<readonly [string, Variable]>;

/** Parameters, with or without names. */
export type Parameters = Readonly<Record<string, Variable>> | Iterable<Variable | readonly [string, Variable]>;

/** The names and parameters, in their order. */
export function entriesOf(params: NamedParameters): (readonly [string, Variable])[] {
  return isIterable(params) ? [...params] : Object.entries(params);
}

/** The parameters without their names. */
export function variablesOf(params: Parameters): Variable[] {
  if (!isIterable(params)) return Object.values(params);
  return [...params].map((entry) => (entry instanceof Variable ? entry : entry[1]));
}

function isIterable<T>(params: Readonly<Record<string, Variable>> | Iterable<T>): params is Iterable<T> {
  return Symbol.iterator in params;
}
