import { readFileSync } from "node:fs";
import { decodeSafetensors } from "@tsuki/core/safetensors";

const bytes = readFileSync(new URL("../../../fixtures/muon/golden.safetensors", import.meta.url));
const { tensors } = decodeSafetensors(bytes, { file: "fixtures/muon/golden.safetensors" });

/** Shape and values of a tensor of fixtures/muon; its README says what each is. */
export function golden(name: string): { readonly shape: readonly number[]; readonly data: Float64Array } {
  const { shape, data } = tensors[name];
  return { shape, data: Float64Array.from(data) };
}

/** The slice of a tensor `[steps, ...]` at one step. */
export function goldenAt(name: string, step: number): Float64Array {
  const { shape, data } = golden(name);
  const size = data.length / shape[0];
  return data.slice(step * size, (step + 1) * size);
}

/** What stands for `*` in the names that a pattern such as `ns.*.input` matches. */
export function goldenCases(pattern: string): string[] {
  const [before, after] = pattern.split("*");
  return Object.keys(tensors)
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, name.length - after.length))
    .sort();
}
