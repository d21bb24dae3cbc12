import {
  Generator,
  noGrad,
  parameter,
  realize,
  type Tensor,
  tensor,
  together,
  type Variable,
  variable,
} from "../src/index.ts";

/** A two-layer perceptron [batch, 4] → [batch, 1], small enough to reason about. */
export class Mlp {
  readonly hidden: Variable;
  readonly output: Variable;

  constructor(seed: number) {
    const generator = new Generator(seed);
    this.hidden = parameter(generator.normal([8, 4], { std: 0.5 }), { name: "hidden" });
    this.output = parameter(generator.normal([1, 8], { std: 0.5 }), { name: "output" });
  }

  get parameters(): Variable[] {
    return [this.hidden, this.output];
  }

  forward(x: Tensor): Tensor {
    return x.matmul(this.hidden.transpose()).tanh().matmul(this.output.transpose());
  }

  loss(batch: Batch): Tensor {
    return this.forward(batch.x).sub(batch.y).square().mean();
  }
}

export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Batch `index` of a fixed data set: y = x₀·x₁ − x₂. */
export function batch(index: number, size = 6): Batch {
  const x = Float32Array.from({ length: size * 4 }, (_, i) => Math.sin(1 + i * 1.7 + index * 3.1));
  const y = Float32Array.from({ length: size }, (_, i) => x[4 * i] * x[4 * i + 1] - x[4 * i + 2]);
  return { x: tensor(x, { shape: [size, 4] }), y: tensor(y, { shape: [size, 1] }) };
}

/** Gradient descent with momentum 0.9: what these tests need of an optimizer. */
export class Descent {
  readonly #parameters: readonly Variable[];
  readonly #velocities: Variable[];
  lr: number;

  constructor(parameters: readonly Variable[], lr = 0.1) {
    this.#parameters = parameters;
    this.#velocities = parameters.map((p) =>
      variable(tensor(new Float32Array(p.size), { shape: p.shape }), { name: `${p.name}.velocity` }),
    );
    this.lr = lr;
  }

  /** Records the update. */
  update(): void {
    together(() =>
      noGrad(() => {
        for (const [i, parameter] of this.#parameters.entries()) {
          if (!parameter.grad) continue;
          this.#velocities[i].assign(this.#velocities[i].mul(0.9).add(parameter.grad));
          parameter.assign(parameter.sub(this.#velocities[i].mul(this.lr)));
          parameter.consumeGrad();
        }
      }),
    );
  }

  step(): Promise<void> {
    this.update();
    return realize();
  }
}
