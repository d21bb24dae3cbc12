/// <reference lib="esnext.disposable" preserve="true" />
import { type DType, dtypes } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError, StaleTensorError } from "../errors.ts";
import { convert, widen } from "../io/data.ts";
import type { Handle } from "../plan/backend.ts";
import { sameShape, sizeOf } from "../plan/view.ts";
import { Assignment, Consumption } from "./effect.ts";
import { Fluent } from "./fluent.ts";
import { numberLeaf } from "./leaves.ts";
import { defineOp, noKey, type Op } from "./op.ts";
import type { Runtime } from "./runtime.ts";
import { type Hooks, Node, Tensor, type TensorLike } from "./tensor.ts";

interface Read {
  readonly variable: Variable;
  readonly version: number;
}

/** A leaf: one version of a variable. Capture resolves it; it is never lowered. */
export const readOp: Op<Read> = defineOp<Read>({
  name: "read",
  key: noKey,
  gradient: () => [],
  lower: () => [],
});

/** What the device knows of a variable's storage; in the order in which plans are fixed and run, not that of the program. */
export class Storage {
  /** The version that the last fixed plan leaves behind. */
  committed = 0;
  /** The bytes; `null` while none are held. */
  handle: Handle | null = null;
  /** Why the plan that should have written it failed. */
  error: unknown = null;
}

export interface VariableOptions {
  /** Named in errors. */
  readonly name?: string;
  readonly requiresGrad?: boolean;
}

/**
 * A place: a parameter, a buffer, optimizer state, a gradient. Only variables can be assigned; an assignment stores a
 * detached value and makes a new version. A read is a leaf (variable, version), never the expression that was assigned.
 */
export class Variable extends Fluent {
  name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  requiresGrad: boolean;
  readonly device: Runtime;
  readonly storage: Storage = new Storage();
  /** The latest version in program order. */
  version = 0;
  /** What `registerHook` added. */
  hooks: Hooks | null = null;
  #reading: Tensor | null = null;
  #holds = false;
  #grad: Variable | null = null;

  constructor(shape: readonly number[], dtype: DType, device: Runtime, options: VariableOptions = {}) {
    super();
    this.shape = shape;
    this.dtype = dtype;
    this.device = device;
    this.name = options.name ?? "variable";
    this.requiresGrad = options.requiresGrad ?? false;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether it has a value (a gradient has none before `backward()` and after an optimizer consumed it). */
  get holds(): boolean {
    return this.#holds;
  }

  /** The gradient that is held, if any. */
  get grad(): Variable | null {
    return this.#grad?.holds ? this.#grad : null;
  }

  /** The present version as a tensor. */
  read(): Tensor {
    if (!this.#holds) {
      throw new StaleTensorError(
        `"${this.name}" holds no value: it was disposed of, consumed, or never assigned. An optimizer consumes gradients; ` +
          `step({ retainGradients: true }) keeps them.`,
      );
    }
    if (this.#reading === null || this.#reading.requiresGrad !== this.requiresGrad) this.#reading = this.#leaf();
    return this.#reading;
  }

  /** The present version as a tensor of its own: what is copied to the host for it goes with it. */
  snapshot(): Tensor {
    return this.#holds ? this.#leaf() : this.read();
  }

  /** Stores a detached value: recorded now, carried out with what runs next. A number fills it. */
  assign(value: TensorLike): void {
    if (typeof value === "number") this.#record(this.#filledWith(value), false);
    else if (value instanceof Variable) this.set(value.read());
    else if (value instanceof Tensor) this.set(value);
    else throw new ArgumentError(`assign to "${this.name}": a tensor, a variable or a number is needed`);
  }

  /** `assign` of a tensor; `initial` values run before all else, in a plan of their own. */
  set(value: Tensor, initial = false): void {
    if (value.dtype !== this.dtype) {
      throw new DTypeError(`assign: "${this.name}" is ${this.dtype}, the value is ${value.dtype}; cast it first`);
    }
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(`assign: "${this.name}" has shape [${this.shape}], the value has [${value.shape}]`);
    }
    if (value.node.device !== null && value.node.device !== this.device) {
      throw new ArgumentError(
        `assign: "${this.name}" lives on the device "${this.device.name}", the value on another, ` +
          `"${value.node.device.name}"; read it with array() first`,
      );
    }
    this.#record(value, initial);
  }

  /** A number as this variable holds it, so that what a plan reads of it is what it stores. */
  #filledWith(number: number): Tensor {
    const [title, { compute }] = [`assign to "${this.name}"`, dtypes[this.dtype]];
    if (compute === this.dtype) return numberLeaf(number, compute, this.shape, title);
    const data = compute === "int32" ? Int32Array.of(number) : Float64Array.of(number);
    const held = convert({ dtype: compute === "int32" ? compute : "float64", shape: [1], data }, this.dtype);
    if (!held || (compute === "int32" && data[0] !== number)) {
      throw new DTypeError(`${title}: ${number} is no ${this.dtype}`);
    }
    return numberLeaf(widen(held).data[0], compute, this.shape, title);
  }

  #record(value: Tensor, initial: boolean): void {
    this.#advance(true);
    this.device.record(new Assignment(this, value, initial));
  }

  /** Empties it: the value is not stored any more. A later read is an error. */
  consume(): void {
    if (!this.#holds) return;
    this.#advance(false);
    this.device.record(new Consumption(this));
  }

  /** Adds to the gradient that is held, or sets it. */
  accumulateGrad(value: Tensor, add: (a: Tensor, b: Tensor) => Tensor): void {
    this.#grad ??= new Variable(this.shape, dtypes[this.dtype].compute, this.device, { name: `${this.name}.grad` });
    this.#grad.set(this.#grad.holds ? add(this.#grad.read(), value) : value);
  }

  /** Drops the gradient that is held: an optimizer that has read it calls this, so that a plan with both never stores it. */
  consumeGrad(): void {
    this.#grad?.consume();
  }

  /** Drops the gradient that is held. */
  zeroGrad(): void {
    this.consumeGrad();
  }

  /** Gives its memory back with what runs next; a later read is an error. Not needed: variables that nobody holds are found. */
  dispose(): void {
    this.#grad?.dispose();
    this.consume();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #leaf(): Tensor {
    const attributes = { variable: this, version: this.version };
    const options = { requiresGrad: this.requiresGrad, device: this.device };
    return new Node(readOp, [], attributes, [{ shape: this.shape, dtype: this.dtype }], options).outputs[0];
  }

  #advance(holds: boolean): void {
    this.version++;
    this.#reading = null;
    this.#holds = holds;
  }
}
