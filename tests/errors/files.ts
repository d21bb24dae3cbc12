import { truncate, writeFile } from "node:fs/promises";
import type { TensorData } from "@tsuki/core";
import { loadSafetensors, openSafetensors, saveSafetensors } from "@tsuki/core/files";
import { decodeSafetensors, encodeSafetensors, SafetensorsReader } from "@tsuki/core/safetensors";
import { type Cases, inFolder, wrong } from "./collect.ts";

/** A file of a header and as many bytes of contents. */
function file(header: unknown, contents = 0): Uint8Array {
  return raw(new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header)), contents);
}

function raw(text: Uint8Array, contents: number, length = text.length): Uint8Array {
  const bytes = new Uint8Array(8 + text.length + contents);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (dtype: unknown, shape: unknown, begin: number, end: number): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const decode = (bytes: Uint8Array): unknown => decodeSafetensors(bytes, { file: "model.safetensors" });
const data = (dtype: TensorData["dtype"], shape: number[], contents: TensorData["data"]): TensorData => ({
  dtype,
  shape,
  data: contents,
});
const x = data("float32", [2], Float32Array.of(1, 2));

export const headers: Cases = {
  "an empty file": () => decode(new Uint8Array(0)),
  "a header longer than the file": () => decode(raw(new Uint8Array(4), 0, 1000)),
  "a header of 2^40 bytes": () => decode(raw(new Uint8Array(4), 0, 2 ** 40)),
  "a header that is not UTF-8": () => decode(raw(Uint8Array.of(0x7b, 0xff, 0x7d), 0)),
  "a header that is a list": () => decode(file([])),
  "a header that begins with a space": () => decode(file(" {}")),
  "text behind the header's object": () => decode(file("{} x")),
  "an object without an end": () => decode(file('{"a": 1')),
  "a key without quotes": () => decode(file("{a: 1}")),
  "a string without an end": () => decode(file('{"a')),
  "a malformed string": () => decode(file('{"\\x": 1}')),
  "a value that is none": () => decode(file('{"a": nothing}')),
  "a key that is there twice": () => decode(file('{"a": 1, "a": 2}')),
  "JSON nested 40 levels deep": () => decode(file(`{"a": ${"[".repeat(40)}${"]".repeat(40)}}`)),
  'a tensor named "__proto__"': () => decode(file('{"__proto__": 1}')),
  "metadata that is no object": () => decode(file({ __metadata__: 1 })),
  "metadata whose value is a number": () => decode(file({ __metadata__: { step: 1 } })),
  'metadata with the key "__proto__"': () => decode(file('{"__metadata__": {"__proto__": "a"}}')),
  "a tensor that is no object": () => decode(file({ w: 1 })),
  "an unknown field": () => decode(file({ w: { ...(entry("F32", [1], 0, 4) as object), order: "C" } }, 4)),
  "a missing field": () => decode(file({ w: { dtype: "F32", shape: [1] } }, 4)),
  "an unknown dtype": () => decode(file({ w: entry("F31", [1], 0, 4) }, 4)),
  "a shape that is no list": () => decode(file({ w: entry("F32", 1, 0, 4) }, 4)),
  "a shape with a negative extent": () => decode(file({ w: entry("F32", [-1], 0, 4) }, 4)),
  "a shape that is too large": () => decode(file({ w: entry("F32", [2 ** 40, 2 ** 40], 0, 4) }, 4)),
  "three offsets": () => decode(file({ w: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 4)),
  "offsets that do not fit shape and dtype": () => decode(file({ w: entry("F32", [2], 0, 4) }, 4)),
  "elements that end within a byte": () => decode(file({ w: entry("F4", [3], 0, 2) }, 2)),
  "tensors that overlap": () => decode(file({ a: entry("F32", [2], 0, 8), b: entry("F32", [1], 4, 8) }, 8)),
  "a gap between tensors": () => decode(file({ a: entry("F32", [1], 0, 4), b: entry("F32", [1], 8, 12) }, 12)),
  "a file that was cut off": () => decode(file({ w: entry("F32", [100], 0, 400) }, 80)),
  "bytes behind the last tensor": () => decode(file({ w: entry("F32", [1], 0, 4) }, 9)),
};

const of = (type: string, ...bytes: number[]): Uint8Array => {
  const made = file({ w: entry(type, [1], 0, bytes.length) }, bytes.length);
  made.set(bytes, made.length - bytes.length);
  return made;
};

export const elements: Cases = {
  "an I64 that is no int32": () => decode(of("I64", 0, 0, 0, 0, 1, 0, 0, 0)),
  "a U64 that is no int32": () => decode(of("U64", 255, 255, 255, 255, 0, 0, 0, 0)),
  "a U32 that is no int32": () => decode(of("U32", 255, 255, 255, 255)),
  "a BOOL of 2": () => decode(of("BOOL", 2)),
  'a tensor named "__metadata__" is written': () => encodeSafetensors({ __metadata__: x }),
  "data of another array type are written": () => encodeSafetensors({ w: data("float32", [2], new Int32Array(2)) }),
  "data of another size are written": () => encodeSafetensors({ w: data("float32", [3], new Float32Array(2)) }),
  "a type for a tensor that is not there": () => encodeSafetensors({ w: x }, {}, { types: { v: "F16" } }),
  "an unknown type": () => encodeSafetensors({ w: x }, {}, { types: { w: wrong("F31") } }),
  "floats are written as I64": () => encodeSafetensors({ w: x }, {}, { types: { w: "I64" } }),
  "a complex type for a last axis of 3": () =>
    encodeSafetensors({ w: data("float32", [3], new Float32Array(3)) }, {}, { types: { w: "C64" } }),
  "an odd number of F4": () =>
    encodeSafetensors({ w: data("float16", [3], new Uint16Array(3)) }, {}, { types: { w: "F4" } }),
  "300 as U8": () => encodeSafetensors({ w: data("int32", [1], Int32Array.of(300)) }, {}, { types: { w: "U8" } }),
  "−1 as U32": () => encodeSafetensors({ w: data("int32", [1], Int32Array.of(-1)) }, {}, { types: { w: "U32" } }),
  "−1 as U64": () => encodeSafetensors({ w: data("int32", [1], Int32Array.of(-1)) }, {}, { types: { w: "U64" } }),
  "100000 as I16": () =>
    encodeSafetensors({ w: data("int32", [1], Int32Array.of(100000)) }, {}, { types: { w: "I16" } }),
  "metadata that is no text": () => encodeSafetensors({ w: x }, wrong({ step: 1 })),
};

const index = (map: unknown): string => JSON.stringify({ metadata: {}, weight_map: map });

export const files: Cases = {
  "a file that is not there": () => inFolder((path) => loadSafetensors(path("model.safetensors"))),
  "a folder": () => inFolder((path) => loadSafetensors(path("."))),
  "a file that is no safetensors": () =>
    inFolder(async (path) => {
      await writeFile(path("model.safetensors"), "<!doctype html><html></html>");
      await loadSafetensors(path("model.safetensors"));
    }),
  "a tensor that is not in the file": () =>
    inFolder(async (path) => {
      await saveSafetensors(path("model.safetensors"), { "model.norm.weight": x });
      const reader = await openSafetensors(path("model.safetensors"));
      await reader.read("model.norm.bias").finally(() => reader.close());
    }),
  "a file that became shorter after it was opened": () =>
    inFolder(async (path) => {
      await saveSafetensors(path("model.safetensors"), { w: x });
      const reader = await openSafetensors(path("model.safetensors"));
      await truncate(path("model.safetensors"), 20);
      await reader.read("w").finally(() => reader.close());
    }),
  "an index that is no JSON": () =>
    inFolder(async (path) => {
      await writeFile(path("model.safetensors.index.json"), "{");
      await openSafetensors(path("model.safetensors"));
    }),
  "an index without weight_map": () =>
    inFolder(async (path) => {
      await writeFile(path("model.safetensors.index.json"), "{}");
      await openSafetensors(path("model.safetensors"));
    }),
  "an index that leads out of its folder": () =>
    inFolder(async (path) => {
      await writeFile(path("model.safetensors.index.json"), index({ w: "../secret.safetensors" }));
      await openSafetensors(path("model.safetensors"));
    }),
  "an index whose shard is missing": () =>
    inFolder(async (path) => {
      await writeFile(path("model.safetensors.index.json"), index({ w: "model-00001-of-00001.safetensors" }));
      await openSafetensors(path("model.safetensors"));
    }),
  "an index that names a tensor which its shard lacks": () =>
    inFolder(async (path) => {
      await saveSafetensors(path("a.safetensors"), { v: x });
      await writeFile(path("model.safetensors.index.json"), index({ w: "a.safetensors" }));
      await openSafetensors(path("model.safetensors"));
    }),
  "a tensor that is in two shards": () =>
    inFolder(async (path) => {
      await saveSafetensors(path("a.safetensors"), { w: x });
      await saveSafetensors(path("b.safetensors"), { v: x, w: x });
      await writeFile(path("model.safetensors.index.json"), index({ w: "a.safetensors", v: "b.safetensors" }));
      await openSafetensors(path("model.safetensors"));
    }),
  "maxShardBytes of 0": () =>
    inFolder((path) => saveSafetensors(path("model.safetensors"), { w: x }, {}, { maxShardBytes: 0 })),
  "saved to a folder that is not there": () =>
    inFolder((path) => saveSafetensors(path("none/model.safetensors"), { w: x })),
  "a source that is too short": () =>
    SafetensorsReader.open({ name: "blob", size: 4, read: async () => new Uint8Array(4) }),
  "a source with a header of 200 MB": () =>
    SafetensorsReader.open({
      name: "blob",
      size: 1e9,
      read: async () => new Uint8Array(raw(new Uint8Array(0), 0, 2e8)),
    }),
};
