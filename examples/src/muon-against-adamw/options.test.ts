import { parseCommandLine, UsageError } from "@tsuki/train/node";
import { describe, expect, it } from "vitest";
import { optionsOf, schema } from "./options.ts";

const parse = (...args: string[]) =>
  parseCommandLine(args, { command: "example", about: "", schema, recorded: () => schema.complete({}) });

describe("options", () => {
  it("differ in optimizer and learning rate", () => {
    const { config } = parse("--muon-lr", "0.5", "--adamw-lr", "0.25", "--hidden", "32");
    const [muon, adamw] = [optionsOf(config, "muon"), optionsOf(config, "adamw")];
    expect(muon).toMatchObject({ optimizer: "muon", lr: 0.5, hidden: 32, denseWidth: 96 });
    expect(adamw).toEqual({ ...muon, optimizer: "adamw", lr: 0.25 });
  });

  it.each([
    [["--heads", "3"], "error: --heads 3 does not divide --hidden 64"],
    [["--optimizer", "muon"], "error: unknown option '--optimizer'"],
    [["--experts", "1"], "error: option '--experts <n>' argument '1' is invalid. It is a whole number ≥ 2."],
  ])("%j is refused", (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message));
  });
});
