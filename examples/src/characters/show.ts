import { countCharacters } from "./text.ts";

/** Bits that a text takes per character, of a loss in nats per byte. */
export function bitsPerCharacter(nats: number, text: Uint8Array): number {
  return (nats / Math.LN2) * (text.length / countCharacters(text));
}

/** Bits per character beside each other, by what they are reached with. */
export function describeBits(bits: Readonly<Record<string, number>>): string {
  const names = Object.keys(bits);
  const width = Math.max(...names.map((name) => name.length));
  return [
    "  Bits per character of the held-out text, by what predicts it:",
    ...names.map((name) => `    ${name.padEnd(width)}  ${bits[name].toFixed(3)}`),
  ].join("\n");
}

/** The beginning of a text in one line. */
export function oneLine(text: string, width = 100): string {
  const characters = [...text.replace(/\s+/g, " ")];
  return characters.length > width ? `${characters.slice(0, width - 1).join("")}…` : characters.join("");
}
