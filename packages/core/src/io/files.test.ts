import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArgumentError, FormatError, ShapeError } from "../errors.ts";
import { tensor, variable } from "../tensor/create.ts";
import type { TensorData } from "./data.ts";
import { loadSafetensors, openSafetensors, saveSafetensors } from "./files.ts";
import { type ByteSource, SafetensorsReader } from "./reader.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const tensors: Record<string, TensorData> = {
  weight: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, -0, Number.NaN, 1e-45) },
  step: { dtype: "int32", shape: [], data: Int32Array.of(7) },
  mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
  empty: { dtype: "float64", shape: [0, 5], data: new Float64Array(0) },
};

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsuki-files-"));
  path = join(folder, "model.safetensors");
});

afterEach(() => rm(folder, { recursive: true }));

test("load gives back what save wrote, and what decode reads from the same file", async () => {
  await saveSafetensors(path, tensors, { step: "7" });
  const loaded = await loadSafetensors(path);
  expect(loaded).toEqual({ tensors, metadata: { step: "7" } });
  expect(loaded).toEqual(decodeSafetensors(await readFile(path)));
  expect(await readdir(folder)).toEqual(["model.safetensors"]);
});

test("save replaces the file that is there, and writes views of larger arrays", async () => {
  await saveSafetensors(path, tensors);
  const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  await saveSafetensors(path, { x: { dtype: "float32", shape: [2], data } });
  expect([...(await loadSafetensors(path)).tensors.x.data]).toEqual([2, 3]);
  expect(await readdir(folder)).toEqual(["model.safetensors"]);
});

test("data that cannot be written leave the old file as it was", async () => {
  await saveSafetensors(path, tensors);
  const before = await readFile(path);
  const wrong: TensorData = { dtype: "float32", shape: [2], data: new Float32Array(3) };
  await expect(saveSafetensors(path, { wrong })).rejects.toThrow(ShapeError);
  expect(await readFile(path)).toEqual(before);
  expect(await readdir(folder)).toEqual(["model.safetensors"]);
});

test("what is no record of host copies is refused, and the old file stays", async () => {
  await saveSafetensors(path, tensors);
  const before = await readFile(path);
  const refused = async (record: unknown, message: string): Promise<void> => {
    await expect(saveSafetensors(path, record as never)).rejects.toThrow(new ArgumentError(message));
  };
  const needed = "saveSafetensors: a record of host copies by name is needed, not";
  await refused(Promise.resolve(tensors), `${needed} a promise; await it first`);
  await refused(new Map(Object.entries(tensors)), `${needed} an object`);
  await refused([tensors.step], `${needed} [an object]`);
  const entry = "not { dtype, shape, data } on the host; give await readAll(…)";
  await refused({ ...tensors, w: tensor([1]) }, `saveSafetensors: "w" is a tensor, ${entry}`);
  await refused({ w: variable(tensor([1])) }, `saveSafetensors: "w" is a tensor, ${entry}`);
  await refused({ w: undefined }, `saveSafetensors: "w" is undefined, ${entry}`);
  await expect(saveSafetensors(path, tensors, {}, { maxShardSize: 8 } as object)).rejects.toThrow(
    'saveSafetensors: there is no option "maxShardSize", only types, maxShardBytes',
  );
  expect(() => encodeSafetensors(Promise.resolve(tensors) as never)).toThrow("await it first");
  expect(await readFile(path)).toEqual(before);
});

test("a save that fails at its last step removes the temporary file and leaves what was there", async () => {
  await mkdir(path);
  await writeFile(join(path, "kept"), "");
  await expect(saveSafetensors(path, tensors)).rejects.toMatchObject({ syscall: "rename" });
  expect(await readdir(folder)).toEqual(["model.safetensors"]);
  expect(await readdir(path)).toEqual(["kept"]);
});

test("a bad file is named in the error, with the byte", async () => {
  await writeFile(path, encodeSafetensors(tensors));
  const { length } = await readFile(path);
  await truncate(path, length - 1);
  const problem = `${path}, byte ${length - 1}: the file ends before tensor "mask" does, at byte ${length}`;
  await expect(loadSafetensors(path)).rejects.toThrow(new FormatError(problem));
  await truncate(path, 3);
  await expect(loadSafetensors(path)).rejects.toThrow(FormatError);
});

test("a file that is missing is the file system's error", async () => {
  await expect(loadSafetensors(path)).rejects.toMatchObject({ code: "ENOENT" });
});

describe("lazy reading", () => {
  test("opens by headers alone, and reads one tensor by its bytes alone", async () => {
    const large: TensorData = { dtype: "uint8", shape: [100_000], data: new Uint8Array(100_000).fill(7) };
    const bytes = encodeSafetensors({ ...tensors, large }, { step: "7" });
    const ranges: number[] = [];
    const source: ByteSource = {
      name: "memory",
      size: bytes.length,
      read: async (begin, end) => {
        ranges.push(end - begin);
        return bytes.slice(begin, end);
      },
    };
    const reader = await SafetensorsReader.open(source);
    expect(reader.tensors.get("large")).toEqual({ type: "U8", dtype: "uint8", shape: [100_000], bytes: 100_000 });
    expect(ranges.reduce((a, b) => a + b)).toBeLessThan(1_000);
    expect(await reader.read("weight")).toEqual(tensors.weight);
    expect(ranges.at(-1)).toBe(16);
    expect(reader.metadata).toEqual({ step: "7" });
    await expect(reader.read("wieght")).rejects.toThrow('memory: there is no tensor "wieght" among 5');
  });

  test("a source whose header is wrong is closed", async () => {
    let closed = 0;
    const source = { name: "memory", size: 8, read: async () => new Uint8Array(8), close: async () => void closed++ };
    await expect(SafetensorsReader.open(source)).rejects.toThrow(FormatError);
    expect(closed).toBe(1);
  });
});

describe("shards", () => {
  const big = Object.fromEntries(
    [0, 1, 2, 3, 4].map((i): [string, TensorData] => [
      `layers.${i}`,
      { dtype: "float32", shape: [10], data: Float32Array.from({ length: 10 }, (_, j) => 10 * i + j) },
    ]),
  );
  const files = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`);

  test("are named and indexed as Hugging Face does, and load as one", async () => {
    await saveSafetensors(path, big, { step: "3" }, { maxShardBytes: 80 });
    expect((await readdir(folder)).sort()).toEqual([...files, "model.safetensors.index.json"]);
    const index = JSON.parse(await readFile(`${path}.index.json`, "utf8"));
    expect(index.metadata).toEqual({ total_size: 200 });
    expect(index.weight_map["layers.4"]).toBe(files[2]);
    const whole = { tensors: big, metadata: { step: "3" } };
    expect(await loadSafetensors(path)).toEqual(whole);
    expect(await loadSafetensors(`${path}.index.json`)).toEqual(whole);
    const reader = await openSafetensors(path);
    await rm(join(folder, files[0]));
    expect(await reader.read("layers.4")).toEqual(big["layers.4"]);
    await reader.close();
  });

  test("replace a single file of that name, and a single file is preferred to their index", async () => {
    await saveSafetensors(path, tensors);
    await saveSafetensors(path, big, {}, { maxShardBytes: 80, types: { "layers.0": "F16" } });
    const loaded = await loadSafetensors(path);
    expect(Object.keys(loaded.tensors).sort()).toEqual(Object.keys(big));
    expect(loaded.tensors["layers.0"].dtype).toBe("float16");
    await saveSafetensors(path, tensors);
    expect(Object.keys((await loadSafetensors(path)).tensors).sort()).toEqual(Object.keys(tensors).sort());
  });

  test.each<[string, unknown, RegExp]>([
    ["no JSON", "weights", /index\.json, character 0: a JSON value is expected/],
    ["no map", { metadata: {} }, /character 0: an index holds an object with a weight_map/],
    ["a path that leaves the folder", { weight_map: { w: "../x.safetensors" } }, /the file of tensor "w" is no name/],
    ["a tensor that is not there", { weight_map: { w: files[0] } }, /index\.json: tensor "w" is not in .*00001-of/],
  ])("%s is a FormatError that names the index", async (_, index, message) => {
    await saveSafetensors(path, big, {}, { maxShardBytes: 80 });
    await writeFile(`${path}.index.json`, typeof index === "string" ? index : JSON.stringify(index));
    await expect(loadSafetensors(path)).rejects.toThrow(FormatError);
    await expect(loadSafetensors(path)).rejects.toThrow(message);
  });

  test("a shard that is missing is named", async () => {
    await saveSafetensors(path, big, {}, { maxShardBytes: 80 });
    await rm(join(folder, files[1]));
    await expect(loadSafetensors(path)).rejects.toMatchObject({ code: "ENOENT", path: join(folder, files[1]) });
  });

  test("a limit that is no size is refused", async () => {
    await expect(saveSafetensors(path, big, {}, { maxShardBytes: 0 })).rejects.toThrow(/maxShardBytes .* not 0/);
  });
});
