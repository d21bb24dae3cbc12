import type { TensorData } from "@tsuki/core";
import { describe, expect, it } from "vitest";
import { Loader } from "./loader.ts";
import { TensorDataset } from "./tensor-dataset.ts";

const images: TensorData = {
  dtype: "float32",
  shape: [3, 2, 2],
  data: Float32Array.from({ length: 12 }, (_, place) => place),
};
const labels: TensorData = { dtype: "int32", shape: [3], data: Int32Array.of(7, 8, 9) };

describe("the rows of arrays", () => {
  it("are examples, which a loader puts together again", async () => {
    const rows = new TensorDataset({ images, labels });
    expect(rows.length).toBe(3);
    expect(rows.get(1)).toEqual({
      images: { dtype: "float32", shape: [2, 2], data: Float32Array.of(4, 5, 6, 7) },
      labels: { dtype: "int32", shape: [], data: Int32Array.of(8) },
    });
    const batch = await new Loader(rows, { batch: 3, shuffle: false }).next();
    expect([batch.images.shape, [...(await batch.images.data())]]).toEqual([[3, 2, 2], [...images.data]]);
    expect(await batch.labels.array()).toEqual([7, 8, 9]);
  });

  it("are as many in all arrays", () => {
    const scalar: TensorData = { dtype: "int32", shape: [], data: Int32Array.of(1) };
    const two: TensorData = { dtype: "int32", shape: [2], data: Int32Array.of(1, 2) };
    expect(() => new TensorDataset({ images, two })).toThrow("are needed, not images [3,2,2], two [2]");
    expect(() => new TensorDataset({ scalar })).toThrow("are needed, not scalar []");
    expect(() => new TensorDataset({})).toThrow("are needed, not none");
    expect(() => new TensorDataset({ labels }).get(3)).toThrow("there is no row 3 among 3");
  });
});
