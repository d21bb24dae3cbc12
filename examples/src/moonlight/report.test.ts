import { describe, expect, it } from "vitest";
import { configOf } from "./model.ts";
import { schema } from "./options.ts";
import { describeResult, describeRun, quote } from "./report.ts";

describe("report", () => {
  it("shows the config and what follows from it", () => {
    const options = schema.complete({
      hidden: 16,
      heads: 2,
      layers: 2,
      experts: 4,
      batch: 2,
      sequence: 16,
      steps: 6,
      threads: 2,
    });
    const corpus = { training: new Uint8Array(1000), validation: new Uint8Array(100) };
    expect(describeRun(options, configOf(options), corpus)).toMatchInlineSnapshot(`
      "  model       2 layers of width 16: 1 dense, 1 with experts
        attention   2 heads of 8 + 4 rotated, latent of 8
        experts     2 of 4 routed and 1 shared a token, width 16
        parameters  16,672 total, 15,136 activated by a token (8,192 of both in embedding and head)
        text        1,000 bytes to train on, 100 bytes of later chapters to validate
        step        2 × 16 = 32 tokens, 69.7 kFLOP per token, 2.23 MFLOP (without the optimizer)
        training    6 steps, 192 tokens, 19% of the text
        optimizer   muon, lr 0.006 after 0 steps, then to 0.0006; weight decay 0.1, clipping at 1
        device      wasm, 2 threads; seed 1"
    `);
  });

  it("sums up in nats and bits", () => {
    const text = describeResult(1.5, { unigram: 3.0919, bigram: 2.3721 }, 614_400, 180);
    expect(text).toMatchInlineSnapshot(`
      "  unigram entropy  3.0919 nats per byte of the validation text
        bigram entropy   2.3721
        this model       1.5000, 2.1640 bits per byte
        time             3.0 minutes, 3,413 tokens/s with validation and samples"
    `);
  });

  it("quotes", () => {
    expect(quote("a\n\nb")).toBe("  │ a\n  │\n  │ b");
  });
});
