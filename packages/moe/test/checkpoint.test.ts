import { checkpoint, Device, Generator, readAll, setDefaultDevice, type Tensor, type TensorData } from "@tsuki/core";
import { Dropout, Module, RotaryEmbedding } from "@tsuki/nn";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { DecoderLayer } from "../src/block.ts";
import { MoE } from "../src/moe.ts";
import { normal, smallConfig } from "./small.ts";

const config = smallConfig({ maxPositionEmbeddings: 16 });

/** Decoder layers with dropout between them, each under a checkpoint or not. */
class Stack extends Module<[hidden: Tensor], Tensor> {
  readonly layers: readonly DecoderLayer[];
  readonly dropout: Dropout = new Dropout({ p: 0.2, generator: new Generator(5) });
  readonly #checkpointed: boolean;

  constructor(layers: number, checkpointed: boolean) {
    super();
    this.#checkpointed = checkpointed;
    const rotary = new RotaryEmbedding({ dim: config.qkRopeHeadDim, theta: config.ropeTheta, maxPositions: 16 });
    const generator = new Generator(3);
    this.layers = Array.from({ length: layers }, (_, index) => new DecoderLayer(config, index, rotary, generator));
  }

  forward(hidden: Tensor): Tensor {
    const layer = (h: Tensor, at: DecoderLayer): Tensor => this.dropout.call(at.call(h));
    return this.layers.reduce((h, at) => (this.#checkpointed ? checkpoint(layer, h, at) : layer(h, at)), hidden);
  }

  /** Gradients of a loss, and the loads that the routers counted. */
  async learn(input: Tensor): Promise<Record<string, TensorData>> {
    const loss = this.call(input).square().mean();
    loss.backward();
    const gradients = Object.entries(this.namedParameters()).flatMap(([name, { grad }]) =>
      grad ? [[name, grad]] : [],
    );
    const loads = this.layers.flatMap(({ mlp, index }) =>
      mlp instanceof MoE ? [[`load.${index}`, mlp.gate.load]] : [],
    );
    return readAll({ loss, ...Object.fromEntries([...gradients, ...loads]) });
  }
}

onEachDevice(() => {
  test("layers under checkpoints: the same gradients bit for bit, dropout masks and router counts", async () => {
    const input = await normal(1, [2, 9, config.hiddenSize]);
    const whole = await new Stack(2, false).learn(input);
    const cut = await new Stack(2, true).learn(input);
    expect(Object.keys(whole).filter((name) => name.startsWith("load"))).toHaveLength(1);
    expect(cut).toEqual(whole);
  });
});

test("the memory of a deep stack falls below 60 %", async () => {
  const arenaBytes = async (checkpointed: boolean): Promise<number> => {
    const device = setDefaultDevice(new Device("reference"));
    await new Stack(4, checkpointed).learn(await normal(1, [2, 15, config.hiddenSize]));
    return device.stats().arenaBytes;
  };
  expect((await arenaBytes(true)) / (await arenaBytes(false))).toBeLessThan(0.6);
});
