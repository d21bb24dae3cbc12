import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FormatError, ShapeError } from "../errors.ts";
import type { TensorData } from "./data.ts";
import { loadSafetensors, saveSafetensors } from "./files.ts";
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
