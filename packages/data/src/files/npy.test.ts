import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TensorData } from "@tsuki/core";
import { afterAll, expect, test } from "vitest";
import { loadNpy, loadNpz, saveNpy, saveNpz } from "./npy.ts";

const folder = mkdtempSync(join(tmpdir(), "tsuki-data-"));
afterAll(() => rmSync(folder, { recursive: true }));

const array: TensorData = { dtype: "float32", shape: [2, 1], data: Float32Array.of(1.5, -2) };

test("arrays are saved, loaded, and overwritten as a whole", async () => {
  const [npy, npz] = [join(folder, "a.npy"), join(folder, "a.npz")];
  for (let time = 0; time < 2; time++) {
    await saveNpy(npy, array);
    await saveNpz(npz, { array }, { compress: true });
  }
  expect(await loadNpy(npy)).toEqual(array);
  expect(await loadNpz(npz)).toEqual({ array });
  expect(readdirSync(folder).sort()).toEqual(["a.npy", "a.npz"]);
});

test("errors name the file, and leave the old one", async () => {
  const path = join(folder, "b.npy");
  await saveNpy(path, array);
  const bytes = readFileSync(path);
  const none = JSON.parse('{"dtype": "float32", "shape": [1]}');
  await expect(saveNpy(path, none)).rejects.toThrow('encodeNpy: "array" is an object');
  expect(readFileSync(path)).toEqual(bytes);
  writeFileSync(path, bytes.subarray(0, 130));
  await expect(loadNpy(path)).rejects.toThrow(
    `${path}, byte 130: the file ends 6 bytes before its array, <f4 [2,1], does`,
  );
});
