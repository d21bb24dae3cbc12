import {
  checkOptions,
  DTypeError,
  div,
  dtypes,
  full,
  noGrad,
  StateError,
  type Tensor,
  together,
  type Variable,
  where,
} from "@tsuki/core";
import { checkChoice, checkNumber } from "./checks.ts";
import { parametersOf } from "./groups.ts";
import { computeFloat } from "./matrices.ts";
import { entriesOf, type Parameters } from "./parameters.ts";
import { checkSaved, contents, mismatch, refuse, type SavedTensor, unexpected } from "./saved.ts";
import { counter, stateVariable } from "./state.ts";

const kinds = ["ema", "uniform"] as const;
const corrections = ["none", "bias", "warmup"] as const;

export interface WeightAverageOptions {
  /** `"ema"`: exponential; `"uniform"`: the mean of all (SWA, arXiv 1803.05407); default: `"ema"`. */
  readonly kind?: (typeof kinds)[number];
  /** d of `"ema"`; default: 0.999. */
  readonly decay?: number;
  /**
   * How `"ema"` forgets its first weights. `"none"`: by d at each update, as torch's AveragedModel; `"bias"`: corrected as
   * Adam's moments, so that n updates weigh in the proportions dⁿ⁻¹ : … : d : 1; `"warmup"`: by min(d, n / (n + 9)) at the
   * n-th, as TensorFlow's ExponentialMovingAverage; default: `"none"`.
   */
  readonly correction?: (typeof corrections)[number];
}

/** What may keep an average from being updated. */
export interface AverageUpdateOptions {
  /** A bool scalar, such as `optimizer.applied`: where it is false, average and count stay as they are, bit for bit. */
  readonly when?: Tensor | null;
}

/** The count's name in a checkpoint; names of averages have a dot. */
const countKey = "average_updates";

/**
 * An average of weights, kept on the device beside them: A ← W at the first update, then A ← A + rₙ·(W − A) at the n-th,
 * with rₙ = 1/n (`"uniform"`), 1 − d (`"ema"`), (1 − d) / (1 − dⁿ) (`"bias"`) or 1 − min(d, n / (n + 9)) (`"warmup"`).
 * Recorded after the optimizer's update, it is part of the same plan:
 *
 *     const average = new WeightAverage(optimizer.parameters, { decay: 0.999 });
 *     …
 *     optimizer.update();
 *     average.update({ when: optimizer.applied });
 *     await realize();
 *     …
 *     const loss = await average.during(() => validationLoss(model));
 */
export class WeightAverage {
  /** d of `"ema"`: a run-time number. */
  decay: number;
  readonly #kind: (typeof kinds)[number];
  readonly #correction: (typeof corrections)[number];
  readonly #pairs: readonly Pair[];
  readonly #dtype: "float32" | "float64";
  /** Updates carried out, int32 `[]`. */
  readonly #count: Variable;
  #swapped = false;

  /**
   * @param params Frozen ones of a storage dtype, such as bfloat16 or int8, have no average.
   * @throws ArgumentError for options that make no sense; DTypeError for others that are neither float32 nor float64
   */
  constructor(params: Parameters, options: WeightAverageOptions = {}) {
    const name = "WeightAverage";
    checkOptions(name, options, "kind", "decay", "correction");
    const { kind = "ema", decay = 0.999, correction = "none" } = options;
    checkChoice(name, "kind", kind, kinds);
    checkNumber(name, "decay", decay, 1);
    checkChoice(name, "correction", correction, corrections);
    this.decay = decay;
    this.#kind = kind;
    this.#correction = correction;
    const averaged = entriesOf(params).filter(
      ([, { requiresGrad, dtype }]) => requiresGrad || dtypes[dtype].compute === dtype,
    );
    this.#pairs = [...parametersOf(name, [{ params: averaged }])].map(([own, parameter]) => {
      return {
        name: own,
        parameter,
        average: stateVariable(keyOf(own), parameter, parameter.device, parameter.read()),
      };
    });
    const [{ parameter: first }] = this.#pairs;
    this.#dtype = computeFloat(name, first);
    for (const { name: own, parameter } of this.#pairs) {
      if (parameter.dtype === this.#dtype) continue;
      throw new DTypeError(`${name}: "${own}" is ${parameter.dtype}, parameters before it are ${this.#dtype}`);
    }
    this.#count = stateVariable(countKey, counter, first.device);
  }

  /** The averages by the names of their parameters; the parameters' first values before the first update. */
  get averages(): ReadonlyMap<string, Variable> {
    return new Map(this.#pairs.map(({ name, average }) => [name, average]));
  }

  /** Whether the averages are in the parameters now. */
  get swapped(): boolean {
    return this.#swapped;
  }

  /**
   * Records an update of the averages with the parameters as they are by then.
   *
   * @throws StateError while the averages are swapped in
   */
  update({ when = null }: AverageUpdateOptions = {}): void {
    this.#refuseSwapped("update");
    checkNumber("WeightAverage", "decay", this.decay, 1);
    together(() =>
      noGrad(() => {
        const count = this.#count.add(1);
        const first = count.eq(1);
        const share = this.#share(count.cast(this.#dtype));
        const assign = (variable: Variable, value: Tensor): void =>
          variable.assign(when ? where(when, value, variable) : value);
        for (const { parameter, average } of this.#pairs) {
          assign(average, where(first, parameter, average.add(parameter.sub(average).mul(share))));
        }
        assign(this.#count, count);
      }),
    );
  }

  /**
   * Exchanges parameters and averages, exactly; a second call takes it back. What is read or evaluated in between sees the
   * averages.
   */
  swap(): void {
    this.#swapped = !this.#swapped;
    together(() =>
      noGrad(() => {
        for (const { parameter, average } of this.#pairs) {
          const [weight, mean] = [parameter.read(), average.read()];
          parameter.assign(mean);
          average.assign(weight);
        }
      }),
    );
  }

  /** Runs something with the averages in the parameters, and takes them out again, also where it fails. */
  async during<T>(body: () => T | Promise<T>): Promise<T> {
    this.#refuseSwapped("during");
    this.swap();
    try {
      return await body();
    } finally {
      this.swap();
    }
  }

  /**
   * The averages, `<parameter>.average`, and how many updates there have been, for a checkpoint.
   *
   * @throws StateError while the averages are swapped in
   */
  stateDict(): Readonly<Record<string, Variable>> {
    this.#refuseSwapped("stateDict");
    const averages = this.#pairs.map(({ name, average }) => [keyOf(name), average] as const);
    return { ...Object.fromEntries(averages), [countKey]: this.#count };
  }

  /**
   * Replaces averages and count by saved ones.
   *
   * @throws StateError that names everything missing, unexpected or of the wrong shape (nothing is changed then), and
   *   while the averages are swapped in
   */
  loadStateDict(saved: Readonly<Record<string, SavedTensor>>): void {
    checkSaved(saved);
    const own = this.stateDict();
    const problems = Object.entries(own).flatMap(([key, variable]) => mismatch(key, saved, variable));
    problems.push(...unexpected(Object.keys(saved), new Set(Object.keys(own))));
    refuse("the average", problems);
    together(() => {
      for (const [key, variable] of Object.entries(own)) variable.assign(contents(saved[key]));
    });
  }

  /** rₙ, of n. */
  #share(n: Tensor): Tensor {
    if (this.#kind === "uniform") return n.reciprocal();
    const rest = 1 - this.decay;
    if (this.#correction === "warmup") return div(9, n.add(9)).maximum(rest);
    if (this.#correction === "bias") return div(-rest, n.mul(Math.log(this.decay)).expm1());
    return full([], rest, { dtype: this.#dtype });
  }

  #refuseSwapped(call: string): void {
    if (!this.#swapped) return;
    throw new StateError(`WeightAverage: ${call} while the averages are swapped in; swap() them out first`);
  }
}

/** A parameter and its average. */
interface Pair {
  readonly name: string;
  readonly parameter: Variable;
  readonly average: Variable;
}

function keyOf(parameter: string): string {
  return `${parameter}.average`;
}
