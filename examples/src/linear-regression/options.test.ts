import { UsageError } from "@tsuki/train/node";
import { expect, it } from "vitest";
import { schema } from "./options.ts";

it.each([
  [{ points: 10, batch: 20 }, "error: --batch 20 exceeds --points 10"],
  [{ points: 9, features: 9, batch: 1 }, "error: --features 9: --points 9 do not determine as many weights"],
])("%j is refused", (given, message) => {
  expect(() => schema.complete(given)).toThrow(new UsageError(message));
});
