import fc from "fast-check";
import { describe, test } from "vitest";
import { families, outcomeOf, sameResults } from "../../../test/conformance/index.ts";
import { expectedOutcome } from "../../../test/conformance/oracle.ts";
import { ReferenceBackend } from "./backend.ts";

const backend = new ReferenceBackend();

describe.each(["float32", "float64"] as const)(
  "in %s, every family of kernels does what its formula says:",
  (float) => {
    test.each(Object.entries(families({ float })))("%s", async (_, cases) => {
      await fc.assert(
        fc.asyncProperty(cases, async (case_) =>
          sameResults(case_, expectedOutcome(case_), await outcomeOf(backend, case_)),
        ),
      );
    });
  },
);
