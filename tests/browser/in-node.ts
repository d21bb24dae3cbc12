import type { TestProject } from "vitest/node";
import { type Outcome, steps, train } from "./training.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether the pages of the project are cross-origin isolated. */
    isolated: boolean;
    /** The training of these tests in Node. */
    inNode: Readonly<Record<"fast" | "deterministic", Outcome>>;
  }
}

/** The same training in Node, to compare the browser's with. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide("inNode", {
    fast: await train(steps, { deterministic: false }),
    deterministic: await train(steps, { deterministic: true }),
  });
}
