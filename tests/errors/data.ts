import { writeFile } from "node:fs/promises";
import {
  chatExample,
  decodeNpy,
  decodeNpz,
  encodeBytes,
  encodeNpy,
  encodeNpz,
  Loader,
  packDocuments,
  repeat,
  streamOf,
  TensorDataset,
  TokenWindows,
} from "@tsuki/data";
import { loadJsonLines, loadNpy, loadNpz, readText } from "@tsuki/data/files";
import { type Cases, inFolder, wrong } from "./collect.ts";

const rows = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
const array = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
const npy = encodeNpy({ ...array, shape: [2] });

/** The file of an array, with another header of the same length. */
function header(dict: string): Uint8Array {
  const bytes = npy.slice();
  bytes.set(new TextEncoder().encode(`${dict.padEnd(117)}\n`), 10);
  return bytes;
}
const decode = (bytes: Uint8Array): unknown => decodeNpy(bytes, { file: "x.npy" });

export const loaders: Cases = {
  "a batch of 0": () => new Loader(rows, { batch: 0 }),
  "a batch that is larger than the data": () => new Loader(rows, { batch: 3 }),
  "an unknown way with the last examples": () => new Loader(rows, { batch: 1, last: wrong("keep") }),
  "an option that there is not": () => new Loader(rows, wrong({ batchSize: 2 })),
  "rows of different shapes": () => new Loader([rows[0], Float32Array.of(1)], { batch: 2 }).next(),
  "examples that are no rows": () => new Loader(["call", "me"], { batch: 2 }).next(),
  "a padded batch without labels": () => new Loader(rows, { batch: 3, last: "pad" }).next(),
  "a place that the data do not have": () =>
    new Loader(rows, { batch: 1 }).restore({ epoch: 0, generator: { seed: 1, counter: 0 }, taken: 3 }),
  "windows of one token": () => new TokenWindows(encodeBytes("whale"), { length: 1 }),
  "arrays of different lengths": () =>
    new TensorDataset({ x: { ...array, shape: [2] }, y: { ...array, shape: [1, 2] } }),
  "a stream without items": () => repeat(streamOf([])).next(),
  "messages without an answer": () => chatExample([{ role: "user", content: "Ahoy" }], { encode: encodeBytes }),
  "a message without content": () => chatExample([wrong({ role: "user" })], { encode: encodeBytes }),
  "a document whose labels are too few": () =>
    packDocuments([{ ids: Int32Array.of(1, 2), labels: Int32Array.of(1) }], { length: 8 }),
};

export const numpyFiles: Cases = {
  "an empty npy file": () => decode(new Uint8Array(0)),
  "a file of another kind": () => decode(encodeBytes("PK\u0003\u0004 this is a zip")),
  "a version from the future": () => decode(npy.with(6, 9)),
  "a header that is longer than the file": () => decode(npy.slice(0, 40)),
  "a header that is no dict": () => decode(header("[1, 2]")),
  "a header without a shape": () => decode(header("{'descr': '<f4', 'fortran_order': False}")),
  "an array of Python objects": () => decode(header("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}")),
  "an array of complex numbers": () => decode(header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}")),
  records: () => decode(header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}")),
  "an array that is cut off": () => decode(npy.slice(0, -1)),
  "bytes behind the array": () => decode(Uint8Array.of(...npy, 0)),
  "an int64 that does not fit": () => {
    const bytes = header("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}");
    new DataView(bytes.buffer).setBigInt64(128, 2n ** 40n, true);
    return decode(bytes);
  },
  "an npz file that is cut off": () =>
    decodeNpz(encodeNpz({ x: { ...array, shape: [2] } }).slice(0, -8), { file: "x.npz" }),
  "an npy file that is not there": () => inFolder((path) => loadNpy(path("none.npy"))),
  "an npz file that is an npy file": () =>
    inFolder(async (path) => {
      await writeFile(path("x.npz"), npy);
      await loadNpz(path("x.npz"));
    }),
};

export const text: Cases = {
  "no files": () => readText([]).next(),
  "a file that is not there": () => inFolder((path) => readText(path("none.txt")).next()),
  "a line that is no JSON": () =>
    inFolder(async (path) => {
      await writeFile(path("a.jsonl"), '{"a": 1}\n{"a": \n');
      await loadJsonLines(path("a.jsonl"), (value) => value);
    }),
  "a line of which nothing can be made": () =>
    inFolder(async (path) => {
      await writeFile(path("a.jsonl"), '{"messages": []}\n');
      await loadJsonLines(path("a.jsonl"), (value) =>
        chatExample((value as { messages: [] }).messages, { encode: encodeBytes }),
      );
    }),
  "a file that is not UTF-8": () =>
    inFolder(async (path) => {
      await writeFile(path("a.txt"), Uint8Array.of(104, 105, 10, 255, 10));
      const lines = readText(path("a.txt"));
      await lines.next();
      await lines.next();
    }),
};
