import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import { agree, families } from "../../../test/conformance/index.ts";
import { ReferenceBackend } from "../reference/index.ts";
import type { WasmBackend } from "./index.ts";
import { createWasmBackend } from "./index.ts";

describe.each([{ threads: 2 }, { threads: 0 }])("wasm against reference, threads: $threads", ({ threads }) => {
  const reference = new ReferenceBackend();
  let backend: WasmBackend;

  beforeAll(async () => {
    backend = await createWasmBackend({ threads, smallInline: false });
  });
  afterAll(() => backend.close());

  test.each(Object.entries(families()))("%s", (_, cases) =>
    fc.assert(fc.asyncProperty(cases, (case_) => agree(case_, reference, backend))),
  );
});
