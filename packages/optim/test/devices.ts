import { type Device, setDefaultDevice } from "@tsuki/core";
import "@tsuki/core/reference";
import { afterAll, beforeAll, describe } from "vitest";

/** A device and the float type that is computed in. */
export interface Place {
  readonly name: "reference" | "wasm";
  readonly dtype: "float32" | "float64";
  /** The tolerance of the two. */
  tolerance(float64: number, float32: number): number;
}

const places: readonly Place[] = [
  { name: "reference", dtype: "float64", tolerance: (float64) => float64 },
  { name: "wasm", dtype: "float32", tolerance: (_float64, float32) => float32 },
];

/** Describes the same for float64 on the reference backend and float32 on the wasm backend. */
export function onEveryDevice(subject: string, body: (place: Place) => void): void {
  for (const place of places) {
    describe(`${subject}, ${place.dtype} on ${place.name}`, () => {
      onDevice(place.name);
      body(place);
    });
  }
}

/** Makes a fresh device the default of the tests that are described around it. */
export function onDevice(name: Place["name"]): void {
  let device: Device;
  beforeAll(() => {
    device = setDefaultDevice(name);
  });
  afterAll(() => device.close());
}
