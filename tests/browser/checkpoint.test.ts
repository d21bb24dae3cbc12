import { setDefaultDevice } from "@tsuki/core";
import { decodeCheckpoint, encodeCheckpoint } from "@tsuki/train";
import { beforeAll, describe, expect, it } from "vitest";
import { lossesOf, makeTrainer } from "./training.ts";

const [before, after] = [3, 3];

/** A checkpoint's bytes, and the losses that follow in the training that went on without it. */
let saved: Uint8Array<ArrayBuffer>;
let expected: readonly number[];

beforeAll(async () => {
  setDefaultDevice("wasm");
  const trainer = makeTrainer();
  await lossesOf(trainer, before);
  saved = new Uint8Array(encodeCheckpoint(await trainer.checkpoint()));
  expected = await lossesOf(trainer, after);
});

/** The losses of another trainer, which begins with a checkpoint. */
async function goOn(bytes: Uint8Array): Promise<readonly number[]> {
  const trainer = makeTrainer();
  expect(await trainer.restore(decodeCheckpoint(bytes))).toBe(true);
  expect(trainer.step).toBe(before);
  return lossesOf(trainer, after);
}

describe("a training goes on bit for bit from a checkpoint", () => {
  it("in a file that the page gives out and takes back", async () => {
    const file = new File([saved], "moonlight.safetensors");
    expect(await goOn(new Uint8Array(await file.arrayBuffer()))).toEqual(expected);
  });

  it("in the origin's private file system", async () => {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle("moonlight.safetensors", { create: true });
    const writable = await file.createWritable();
    await writable.write(saved);
    await writable.close();
    const read = await (await folder.getFileHandle("moonlight.safetensors")).getFile();
    expect(await goOn(new Uint8Array(await read.arrayBuffer()))).toEqual(expected);
    await folder.removeEntry("moonlight.safetensors");
  });

  it("in IndexedDB", async () => {
    const open = indexedDB.open("checkpoints", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("bytes");
    const database = await settled(open);
    const store = (mode: IDBTransactionMode) => database.transaction("bytes", mode).objectStore("bytes");
    await settled(store("readwrite").put(saved, "moonlight"));
    expect(await goOn(await settled(store("readonly").get("moonlight")))).toEqual(expected);
    database.close();
    await settled(indexedDB.deleteDatabase("checkpoints"));
  });
});

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
