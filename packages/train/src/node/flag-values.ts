import { InvalidArgumentError } from "commander";

/** Parsers of flags: from text to a value, or an error that says what is allowed. */

/** A whole number, written in digits. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `≥ ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number ${range}.`);
  };
}

/** A finite number in a range, which has a name. */
export function number(range: string, holds: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value) && holds(value)) return value;
    throw new InvalidArgumentError(`It is a number ${range}.`);
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It is one of: ${choices.join(", ")}.`);
  };
}

export function notEmpty(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It is a text that is not empty.");
}
