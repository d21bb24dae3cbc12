import { dirname, join } from "node:path";
import { ArgumentError, FormatError } from "../errors.ts";
import type { TensorData } from "./data.ts";
import { parseJson } from "./json.ts";

/** Sharded safetensors as Hugging Face writes them: files with a part of the tensors each, and an index of all. */
export interface Index {
  /** Paths of the shards, each once. */
  readonly files: readonly string[];
  /** Path of the shard in which each tensor is. */
  readonly fileOf: ReadonlyMap<string, string>;
}

/** Where the index of a file's shards is: `model.safetensors` → `model.safetensors.index.json`. */
export function indexPath(path: string): string {
  return `${path}.index.json`;
}

/** `model-00002-of-00003.safetensors`, counted from 1. */
export function shardPath(path: string, shard: number, shards: number): string {
  const number = (n: number): string => String(n).padStart(5, "0");
  return path.replace(/(\.safetensors)?$/, `-${number(shard)}-of-${number(shards)}.safetensors`);
}

/** Splits tensors, in their order, into runs of at most `maxBytes` of contents; one that is larger stands alone. */
export function splitIntoShards(
  tensors: Readonly<Record<string, TensorData>>,
  maxBytes: number,
): Record<string, TensorData>[] {
  if (!(maxBytes > 0)) throw new ArgumentError(`maxShardBytes is a number > 0, not ${maxBytes}`);
  const shards: [string, TensorData][][] = [[]];
  let filled = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (filled > 0 && filled + tensor.data.byteLength > maxBytes) {
      shards.push([]);
      filled = 0;
    }
    shards[shards.length - 1].push([name, tensor]);
    filled += tensor.data.byteLength;
  }
  return shards.map((shard) => Object.fromEntries(shard));
}

/**
 * Reads an index: `{"metadata": {…}, "weight_map": {tensor: file}}`, the files beside it.
 *
 * @throws FormatError with file and character.
 */
export function parseIndex(text: string, file: string): Index {
  const fail = (problem: string, at: number): never => {
    throw new FormatError(`${file}, character ${at}: ${problem}`);
  };
  const { value, at } = parseJson(text, fail);
  const map = value instanceof Map && value.get("weight_map");
  if (!map || !(map.value instanceof Map)) return fail("an index holds an object with a weight_map by tensor", at);
  const fileOf = new Map<string, string>();
  for (const [name, shard] of map.value) {
    if (typeof shard.value !== "string" || !/^[^/\\]+\.safetensors$/.test(shard.value)) {
      return fail(`the file of tensor ${JSON.stringify(name)} is no name of a .safetensors file beside it`, shard.at);
    }
    fileOf.set(name, join(dirname(file), shard.value));
  }
  return { files: [...new Set(fileOf.values())].sort(), fileOf };
}
