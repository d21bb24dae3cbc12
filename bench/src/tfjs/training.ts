import * as tf from "@tensorflow/tfjs-core";
import { loadSafetensors } from "@tsuki/core/files";
import { CannotError, type Prepared } from "../protocol.ts";
import type { TrainingWork } from "../workloads.ts";
import { constantsOf, llamaLoss, type Weights } from "./llama.ts";
import { product, swapped } from "./product.ts";

const [beta1, beta2, eps, decay, momentum] = [0.9, 0.95, 1e-8, 0.1, 0.95];
const [a, b, c] = [3.4445, -4.775, 2.0315];

export async function prepareTraining(work: TrainingWork): Promise<Prepared> {
  const { model, optimizer, lr } = work;
  if (model.name !== "llama") throw new CannotError(model.name);
  const { ids, ...tensors } = (await loadSafetensors(work.file)).tensors;
  const [batches, batch, width] = ids.shape;
  const length = width - 1;
  const constants = constantsOf(model.config, length);
  const variables = Object.entries(tensors).map(([name, { data, shape }]) => {
    const value = tf.tensor(data as Float32Array, [...shape]);
    const isMatrix = optimizer === "muon" && shape.length === 2 && !/embed_tokens|lm_head/.test(name);
    const state = (): tf.Variable => tf.variable(tf.zerosLike(value), false);
    return { name, isMatrix, weight: tf.variable(value, true, name), mean: state(), square: isMatrix ? null : state() };
  });
  const weights: Weights = Object.fromEntries(variables.map(({ name, weight }) => [name, weight]));

  let taken = 0;
  const oneHot = (shift: number): tf.Tensor2D => {
    const start = ((taken - 1) % batches) * batch * width;
    const place = (i: number): number => start + Math.floor(i / length) * width + (i % length) + shift;
    const tokens = Int32Array.from({ length: batch * length }, (_, i) => ids.data[place(i)] as number);
    // The kernel writes whole numbers, whatever type is asked for.
    return tf.cast(tf.oneHot(tf.tensor1d(tokens, "int32"), model.config.vocabSize), "float32") as tf.Tensor2D;
  };
  const step = (): number => {
    taken++;
    return tf.tidy(() => {
      const [inputs, targets] = [oneHot(0), oneHot(1)];
      const { value, grads } = tf.variableGrads(() => llamaLoss(weights, constants, inputs, targets, model.config));
      for (const { name, weight, mean, square } of variables) {
        const gradient = grads[name];
        const update = square ? adamw(gradient, mean, square, taken) : muon(gradient, mean);
        weight.assign(tf.sub(tf.mul(weight, 1 - lr * decay), tf.mul(update, lr)));
      }
      return value.dataSync()[0];
    });
  };
  for (let done = 0; done < work.checkedSteps; done++) step();
  return { facts: { loss: step() }, run: () => void step(), release: () => tf.disposeVariables() };
}

function adamw(gradient: tf.Tensor, mean: tf.Variable, square: tf.Variable, step: number): tf.Tensor {
  mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)));
  square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
  const root = tf.sqrt(tf.div(square, 1 - beta2 ** step));
  return tf.div(tf.div(mean, 1 - beta1 ** step), tf.add(root, eps));
}

function muon(gradient: tf.Tensor, buffer: tf.Variable): tf.Tensor {
  buffer.assign(tf.add(tf.mul(buffer, momentum), gradient));
  const [rows, cols] = gradient.shape;
  const ahead = tf.add(gradient, tf.mul(buffer, momentum));
  let x = rows > cols ? swapped(ahead) : ahead;
  x = tf.div(x, tf.add(tf.norm(x), 1e-7));
  for (let step = 0; step < 5; step++) {
    const gram = product(x, swapped(x));
    const polynomial = tf.add(tf.mul(gram, b), tf.mul(product(gram, gram), c));
    x = tf.add(tf.mul(x, a), product(polynomial, x));
  }
  return tf.mul(rows > cols ? swapped(x) : x, 0.2 * Math.sqrt(Math.max(rows, cols)));
}
