import { blockUntilReady, type Array as JaxArray, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { loadSafetensors } from "@tsuki/core/files";
import { CannotError, type Prepared } from "../protocol.ts";
import type { TrainingWork } from "../workloads.ts";
import { llamaLoss, type Weights } from "./llama.ts";

const [beta1, beta2, eps, decay, momentum] = [0.9, 0.95, 1e-8, 0.1, 0.95];
const [a, b, c] = [3.4445, -4.775, 2.0315];

// A type, not an interface: jax-js wants to know that there are no other fields.
type State = {
  weights: Weights;
  /** Of AdamW, or the momentum of Muon. */
  means: Weights;
  squares: Weights;
};

/** One jitted step: forward, backward and update. */
export async function prepareTraining(work: TrainingWork): Promise<Prepared> {
  const { model, optimizer, lr } = work;
  if (model.name !== "llama") throw new CannotError(model.name);
  const { config } = model;
  const { ids, ...tensors } = (await loadSafetensors(work.file)).tensors;
  const [batches, batch, width] = ids.shape;
  const length = width - 1;
  const names = Object.keys(tensors);
  const isMatrix = (name: string): boolean =>
    optimizer === "muon" && tensors[name].shape.length === 2 && !/embed_tokens|lm_head/.test(name);
  const arrays = (of: (name: string) => JaxArray): Weights => Object.fromEntries(names.map((name) => [name, of(name)]));
  const zeros = (): Weights => arrays((name) => np.zeros([...tensors[name].shape]));
  const initial = (name: string): JaxArray =>
    np.array(tensors[name].data as Float32Array<ArrayBuffer>, { shape: [...tensors[name].shape] });
  let state: State = { weights: arrays(initial), means: zeros(), squares: zeros() };

  const step = jit(({ weights, means, squares }: State, inputs: JaxArray, targets: JaxArray, corrections: JaxArray) => {
    const oneHot = (tokens: JaxArray): JaxArray => nn.oneHot(tokens, config.vocabSize);
    const loss = (w: Weights): JaxArray => llamaLoss(w, oneHot(inputs.ref), oneHot(targets.ref), config);
    const [value, gradients] = valueAndGrad(loss)(weightsOf(weights)) as [JaxArray, Weights];
    const [first, second] = np.split(corrections, 2, 0);
    const next: { [Part in keyof State]: Record<string, JaxArray> } = { weights: {}, means: {}, squares: {} };
    for (const name of names) {
      const gradient = gradients[name];
      let update: JaxArray;
      if (isMatrix(name)) {
        const buffer = means[name].mul(momentum).add(gradient.ref);
        const [rows, cols] = tensors[name].shape;
        const direction = newtonSchulz(gradient.add(buffer.ref.mul(momentum)), rows, cols);
        update = direction.mul(0.2 * Math.sqrt(Math.max(rows, cols)));
        next.means[name] = buffer;
        next.squares[name] = squares[name];
      } else {
        const mean = means[name].mul(beta1).add(gradient.ref.mul(1 - beta1));
        const square = squares[name].mul(beta2).add(gradient.ref.mul(gradient).mul(1 - beta2));
        update = mean.ref.mul(first.ref).div(np.sqrt(square.ref.mul(second.ref)).add(eps));
        next.means[name] = mean;
        next.squares[name] = square;
      }
      next.weights[name] = weights[name].mul(1 - lr * decay).sub(update.mul(lr));
    }
    for (const used of [first, second, inputs, targets]) used.dispose();
    return [value, next] as [JaxArray, State];
  });

  let taken = 0;
  const run = async (): Promise<number> => {
    const start = (taken++ % batches) * batch * width;
    const part = (shift: number): JaxArray => {
      const tokens = Int32Array.from({ length: batch * length }, (_, i) => {
        return ids.data[start + Math.floor(i / length) * width + (i % length) + shift] as number;
      });
      return np.array(tokens, { shape: [batch, length], dtype: np.int32 });
    };
    const corrections = np.array(Float32Array.of(1 / (1 - beta1 ** taken), 1 / (1 - beta2 ** taken)));
    const [loss, next] = step(state, part(0), part(1), corrections);
    state = await blockUntilReady(next);
    return loss.item();
  };
  for (let done = 0; done < work.checkedSteps; done++) await run();
  return { facts: { loss: await run() }, run: async () => void (await run()) };
}

/** References to arrays that are used again. */
function weightsOf(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, array.ref]));
}

function newtonSchulz(gradient: JaxArray, rows: number, cols: number): JaxArray {
  const tall = rows > cols;
  const wide = tall ? np.matrixTranspose(gradient) : gradient;
  const norm = np.sqrt(np.sum(wide.ref.mul(wide.ref)));
  let x = wide.div(norm.add(1e-7));
  for (let step = 0; step < 5; step++) {
    const gram = np.matmul(x.ref, np.matrixTranspose(x.ref));
    const polynomial = gram.ref.mul(b).add(np.matmul(gram.ref, gram).mul(c));
    x = x.ref.mul(a).add(np.matmul(polynomial, x));
  }
  return tall ? np.matrixTranspose(x) : x;
}
