import { type Tensor, zeros } from "@tsuki/core";
import { expect, test } from "vitest";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { RMSNorm } from "./normalization.ts";
import { buffer } from "./roles.ts";
import { Sequential } from "./sequential.ts";
import { summary } from "./summary.ts";

class Block extends Module<[x: Tensor], Tensor> {
  readonly norm = new RMSNorm({ size: 40 });
  readonly upProj = new Linear({ inFeatures: 40, outFeatures: 40, bias: true });
  readonly load = buffer(zeros([3], { dtype: "int32" }));
  forward(x: Tensor): Tensor {
    return this.upProj.call(this.norm.call(x));
  }
}

class Tower extends Module<[x: Tensor], Tensor> {
  readonly layers = [new Block(), new Block()];
  readonly lmHead: Linear;
  constructor() {
    super();
    this.layers[0].norm.freeze();
    this.lmHead = new Linear({ inFeatures: 40, outFeatures: 40, weight: this.layers[0].upProj.weight });
  }
  forward(x: Tensor): Tensor {
    return this.lmHead.call(this.layers.reduce((y, layer) => layer.call(y), x));
  }
}

test("modules and variables with their sizes; tied ones are counted once", () => {
  expect(`\n${summary(new Tower())}\n`).toMatchInlineSnapshot(`
    "
    name          kind                                shape    dtype  numbers   bytes
    ─────────────────────────────────────────────────────────────────────────────────
    model         Tower                                                 3,366  13,464
      layers.0    Block                                                 1,683   6,732
        load      buffer                                [3]    int32        3      12
        norm      RMSNorm                                                  40     160
          weight  frozen                               [40]  float32       40     160
        up_proj   Linear                                                1,640   6,560
          weight  parameter                        [40, 40]  float32    1,600   6,400
          bias    parameter                            [40]  float32       40     160
      layers.1    Block                                                 1,683   6,732
        load      buffer                                [3]    int32        3      12
        norm      RMSNorm                                                  40     160
          weight  parameter                            [40]  float32       40     160
        up_proj   Linear                                                1,640   6,560
          weight  parameter                        [40, 40]  float32    1,600   6,400
          bias    parameter                            [40]  float32       40     160
      lm_head     Linear                                                    0       0
        weight    tied to layers.0.up_proj.weight  [40, 40]  float32
    ─────────────────────────────────────────────────────────────────────────────────
    parameters                                                          3,360  13,440
      trainable                                                         3,320  13,280
      frozen                                                               40     160
    buffers                                                                 6      24
    "
  `);
});

test("steps of a Sequential stand below it, in their order", () => {
  const inner = new Sequential(new Linear({ inFeatures: 2, outFeatures: 2 }));
  const names = summary(new Sequential(inner, new RMSNorm({ size: 2 })))
    .split("\n")
    .map((row) => row.slice(0, 14).trimEnd());
  expect(names.slice(2, 8)).toEqual(["model", "  0", "    0", "      weight", "  1", "    weight"]);
});

test("what is deeper than asked for is counted, not shown", () => {
  expect(`\n${summary(new Tower(), { depth: 1 })}\n`).toMatchInlineSnapshot(`
    "
    name         kind                                shape    dtype  numbers   bytes
    ────────────────────────────────────────────────────────────────────────────────
    model        Tower                                                 3,366  13,464
      layers.0   Block                                                 1,683   6,732
        load     buffer                                [3]    int32        3      12
      layers.1   Block                                                 1,683   6,732
        load     buffer                                [3]    int32        3      12
      lm_head    Linear                                                    0       0
        weight   tied to layers.0.up_proj.weight  [40, 40]  float32
    ────────────────────────────────────────────────────────────────────────────────
    parameters                                                         3,360  13,440
      trainable                                                        3,320  13,280
      frozen                                                              40     160
    buffers                                                                6      24
    "
  `);
  expect(`\n${summary(new Tower(), { depth: 0 })}\n`).toMatchInlineSnapshot(`
    "
    name         kind   shape  dtype  numbers   bytes
    ─────────────────────────────────────────────────
    model        Tower                  3,366  13,464
    ─────────────────────────────────────────────────
    parameters                          3,360  13,440
      trainable                         3,320  13,280
      frozen                               40     160
    buffers                                 6      24
    "
  `);
});
