import { builtin } from "../builtin.ts";
import { type DType, dtypes, isFloat, type TypedArray } from "../dtype.ts";
import { DeviceError } from "../errors.ts";
import type { Handle } from "../plan/backend.ts";
import type { Signature } from "../plan/graph.ts";
import { sizeOf } from "../plan/view.ts";
import { Fluent } from "./fluent.ts";
import type { Op } from "./op.ts";
import type { Runtime } from "./runtime.ts";
import { currentPath, currentWatch, gradientsEnabled, type Watch } from "./scope.ts";
import type { Variable } from "./variable.ts";

/** What ops take where a tensor is expected; a number takes the other operand's dtype. */
export type TensorLike = Tensor | Variable | number;

let nextNode = 0;
let nextWalk = 0;
const { TSUKI_TRACE: trace, VITEST: testing } = builtin ? process.env : {};
const tracing = trace ? trace !== "0" : Boolean(testing);

/** How many nodes have been made so far. */
export function nodesMade(): number {
  return nextNode;
}

/** A number of its own for a walk over nodes, which marks those that it has reached with it. */
export function newWalk(): number {
  return ++nextWalk;
}

/** What most nodes have: no inputs, predecessors or options. */
const none: readonly never[] = [];
const plain: NodeOptions = {};

interface NodeOptions {
  /** Default: whether an input does, where the op has a gradient and gradients are on. */
  readonly requiresGrad?: boolean;
  readonly device?: Runtime | null;
  readonly after?: readonly Node[];
  /** The node whose computation it does again: its path and stack are taken over. */
  readonly repeats?: Node;
}

/** A vertex of the lazy graph: one application of an op. */
export class Node {
  /** Rising in the order of creation: inputs have smaller ids than their users. */
  readonly id: number = nextNode++;
  readonly op: Op;
  readonly attributes: unknown;
  readonly outputs: readonly Tensor[];
  /** Module path at creation; for a gradient that of the node that it is the gradient of. */
  readonly path: string;
  /** Its stack shows where it was created: in tests, with `TSUKI_TRACE=1`, and while `detectAnomaly` is on. */
  readonly trace: Error | undefined;
  /** Set where `detectAnomaly` looks at its values. */
  readonly watch: Watch | undefined = currentWatch();
  /** The device of the variables that it depends on; `null`: any. */
  readonly device: Runtime | null;
  /** Nodes that run before this one although it reads nothing of theirs. */
  readonly after: readonly Node[];
  /** Whether `backward()` has gone through it. */
  backwardDone = false;
  /** Whether a plan has computed it without keeping its outputs. */
  computed = false;
  /** The last walk that reached it, and what that walk noted: cheaper than a map of nodes. */
  walk = 0;
  note = 0;
  #inputs: readonly Tensor[] | null;

  constructor(
    op: Op,
    inputs: readonly Tensor[],
    attributes: unknown,
    outputs: readonly Signature[],
    options: NodeOptions = plain,
  ) {
    this.op = op;
    this.attributes = attributes;
    // A copy: V8 would soon allocate the caller's literal among the old objects, if it lived on in the graph, and each that
    // has died there keeps its whole graph alive through all minor collections.
    this.#inputs = inputs.length === 0 ? none : inputs.slice();
    this.device = options.device ?? deviceOf(op.name, inputs);
    this.after = options.after ?? none;
    this.path = options.repeats?.path ?? currentPath();
    this.trace = options.repeats?.trace ?? (tracing || this.watch ? new Error(op.name) : undefined);
    const requiresGrad =
      options.requiresGrad ?? (gradientsEnabled() && op.gradient !== undefined && anyRequiresGrad(inputs));
    this.outputs = outputs.map(
      ({ shape, dtype }, i) => new Tensor(this, i, shape, dtype, requiresGrad && isFloat(dtype)),
    );
  }

  get inputs(): readonly Tensor[] {
    return this.#inputs ?? none;
  }

  /** What its outputs are computed from: of an alias, the inputs that they stand for. */
  get operands(): readonly Tensor[] {
    const { op, attributes, inputs } = this;
    return op.alias && inputs.length > 0
      ? this.outputs.map((_, output) => inputs[op.alias?.(attributes, output) as number])
      : inputs;
  }

  /** False once the edges are dropped: the value is there, and no gradient can go through any more. */
  get hasEdges(): boolean {
    return this.#inputs !== null;
  }

  /** Drops the edges when all outputs are (or will be) there and no gradient still has to pass. */
  release(): void {
    if (this.outputs.every((o) => o.result !== null) && (this.backwardDone || !anyRequiresGrad(this.outputs))) {
      this.#inputs = null;
    }
  }
}

function anyRequiresGrad(tensors: readonly Tensor[]): boolean {
  for (const tensor of tensors) if (tensor.requiresGrad) return true;
  return false;
}

function deviceOf(op: string, inputs: readonly Tensor[]): Runtime | null {
  let device: Runtime | null = null;
  for (const input of inputs) {
    const { result } = input;
    const other = input.node.device ?? (result && !result.host ? result.device : null);
    if (other === null || other === device) continue;
    if (device !== null) {
      const devices = `"${device.name}" and another, "${other.name}"`;
      throw new DeviceError(`${op}: operands live on the device ${devices}; read one with array() first`);
    }
    device = other;
  }
  return device;
}

/** The value of a realized tensor: on the host, on a device, or on its way from a plan that is already fixed. */
export class Result {
  readonly signature: Signature;
  /** Host contents, where they are known. */
  host: TypedArray | null;
  handle: Handle | null = null;
  /** The device that holds (or will hold) `handle`. */
  device: Runtime | null;
  /** Why the plan that should have made it failed. */
  error: unknown = null;

  constructor(signature: Signature, host: TypedArray | null, device: Runtime | null = null) {
    this.signature = signature;
    this.host = host;
    this.device = device;
  }
}

/** Looks at a gradient, or gives another one in its place. */
export type GradientHook = (gradient: Tensor) => Tensor | undefined;

/** Hooks in the order in which they were registered; one function may be there twice. */
export type Hooks = Set<{ readonly hook: GradientHook }>;

/** A value: an output of a node of the lazy graph. Ops are methods; nothing is computed until a value is asked for. */
export class Tensor extends Fluent {
  readonly node: Node;
  /** Which output of the node. */
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly requiresGrad: boolean;
  /** Set once a plan that makes the value is fixed. */
  result: Result | null = null;
  /** What `registerHook` added. */
  hooks: Hooks | null = null;

  constructor(node: Node, index: number, shape: readonly number[], dtype: DType, requiresGrad: boolean) {
    super();
    this.node = node;
    this.index = index;
    this.shape = shape;
    this.dtype = dtype;
    this.requiresGrad = requiresGrad;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Bytes of the contents. */
  get bytes(): number {
    return this.size * dtypes[this.dtype].bytes;
  }
}
