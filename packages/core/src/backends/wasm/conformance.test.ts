import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import { agree, families } from "../conformance.ts";
import { ReferenceBackend } from "../reference/index.ts";
import { createWasmBackend } from "./index.ts";

describe.each([{ threads: 2 }, { threads: 0 }])("wasm against reference, threads: $threads", ({ threads }) => {
  const reference = new ReferenceBackend();
  let backend: Awaited<ReturnType<typeof createWasmBackend>>;

  beforeAll(async () => {
    backend = await createWasmBackend({ threads });
  });
  afterAll(() => backend.close());

  const { maxOutputs, inPlace } = { maxOutputs: 3, inPlace: true };
  for (const [name, cases] of Object.entries(families({ maxOutputs, inPlace }))) {
    test(name, () => fc.assert(fc.asyncProperty(cases, (c) => agree(c, reference, backend))));
  }
});
