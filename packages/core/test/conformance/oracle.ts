import { narrow, widen } from "../../src/backends/reference/storage.ts";
import { type ComputeDType, dtypes, type TypedArray } from "../../src/dtype.ts";
import { type Expr, type Load, topological } from "../../src/plan/expr.ts";
import type {
  AttentionBackwardKernel,
  AttentionKernel,
  AttentionShape,
  GroupByKernel,
  GroupedContractionKernel,
  GroupedRowsKernel,
  InsertKernel,
  Kernel,
  MapKernel,
  MatmulKernel,
  Place,
  Plan,
  ReduceKernel,
  ScanKernel,
  SegmentSumKernel,
  SortKernel,
  Store,
} from "../../src/plan/plan.ts";
import type { View } from "../../src/plan/view.ts";
import type { Case, Outcome } from "./case.ts";
import { rounded, scalar } from "./scalar-oracle.ts";

/**
 * What a case must give, by definition: the kernels' formulas one element at a time. The second opinion against which
 * the reference backend, which works array at a time, is tested.
 */
export function expectedOutcome({ plan, slots, numbers }: Case): Outcome {
  const oracle = new Oracle(plan, slots, numbers);
  for (const step of plan.steps) if (step.kind !== "host") oracle.run(step);
  if (oracle.failedCheck !== null) return { failedCheck: oracle.failedCheck };
  const variables = plan.slots.map((_, slot) => slot).filter((slot) => plan.slots[slot].kind === "variable");
  const contents = variables.map((slot) =>
    plan.buffers.findIndex((b) => b.source.kind === "slot" && b.source.slot === slot),
  );
  return { results: [...plan.outputs.map((o) => o.buffer), ...contents].map((buffer) => oracle.memory[buffer]) };
}

class Oracle {
  readonly memory: TypedArray[];
  failedCheck: number | null = null;
  readonly #plan: Plan;
  readonly #numbers: readonly number[];

  constructor(plan: Plan, slots: readonly TypedArray[], numbers: readonly number[]) {
    this.#plan = plan;
    this.#numbers = numbers;
    this.memory = plan.buffers.map(({ dtype, size, source }) =>
      source.kind === "slot" ? slots[source.slot].slice() : dtypes[dtype].create(size),
    );
  }

  run(kernel: Kernel): void {
    if (kernel.kind === "map") this.#map(kernel);
    else if (kernel.kind === "reduce") this.#reduce(kernel);
    else if (kernel.kind === "matmul") this.#matmul(kernel);
    else if (kernel.kind === "groupedRows") this.#groupedRows(kernel);
    else if (kernel.kind === "groupedContraction") this.#groupedContraction(kernel);
    else if (kernel.kind === "attention") this.#attention(kernel);
    else if (kernel.kind === "attentionBackward") this.#attentionBackward(kernel);
    else if (kernel.kind === "scan") this.#scan(kernel);
    else if (kernel.kind === "sort") this.#sort(kernel);
    else if (kernel.kind === "groupBy") this.#groupBy(kernel);
    else if (kernel.kind === "insert") this.#insert(kernel);
    else this.#segmentSum(kernel);
  }

  #insert({ outer, length, extent, inner, input, start, out, check }: InsertKernel): void {
    const asked = this.#get(start, []);
    const first = Math.min(Math.max(asked, 0), extent - length);
    if (first !== asked) this.failedCheck = Math.min(check, this.failedCheck ?? check);
    for (const [o, t, i] of coordinates([outer, length, inner])) {
      this.#set(out, [o, first + t, i], this.#get(input, [o, t, i]));
    }
  }

  #matmul({ batch, m, n, k, a, b, c }: MatmulKernel): void {
    for (const at of coordinates([...batch, m, n])) {
      const [row, column] = at.slice(-2);
      const outer = at.slice(0, -2);
      let sum = 0;
      for (let p = 0; p < k; p++) sum += this.#get(a, [...outer, row, p]) * this.#get(b, [...outer, p, column]);
      this.#set(c, at, sum);
    }
  }

  #groupedRows({ rows, n, k, a, b, offsets, c }: GroupedRowsKernel): void {
    for (const [row, column] of coordinates([rows, n])) {
      let group = 0;
      while (this.#get(offsets, [group + 1]) <= row) group++;
      let sum = 0;
      for (let p = 0; p < k; p++) sum += this.#get(a, [row, p]) * this.#get(b, [group, p, column]);
      this.#set(c, [row, column], sum);
    }
  }

  #groupedContraction({ groups, m, n, a, b, offsets, c }: GroupedContractionKernel): void {
    for (const [group, i, j] of coordinates([groups, m, n])) {
      const end = this.#get(offsets, [group + 1]);
      let sum = 0;
      for (let r = this.#get(offsets, [group]); r < end; r++) sum += this.#get(a, [r, i]) * this.#get(b, [r, j]);
      this.#set(c, [group, i, j], sum);
    }
  }

  #attention(kernel: AttentionKernel): void {
    const { batch, heads, queries, valueWidth, v, out, logSumExp } = kernel;
    for (const [b, h, i] of coordinates([batch, heads, queries])) {
      const scores = this.#scores(kernel, b, h, i);
      const top = Math.max(Number.NEGATIVE_INFINITY, ...scores);
      const shift = top === Number.NEGATIVE_INFINITY ? 0 : top;
      const total = scores.reduce((sum, s) => sum + Math.exp(s - shift), 0);
      this.#set(logSumExp, [b, h, i], shift + Math.log(total));
      for (let c = 0; c < valueWidth; c++) {
        const weigh = (sum: number, s: number, j: number): number =>
          sum + (Math.exp(s - shift) / total) * this.#get(v, [b, groupOf(kernel, h), j, c]);
        this.#set(out, [b, h, i, c], total === 0 ? 0 : scores.reduce(weigh, 0));
      }
    }
  }

  #attentionBackward(kernel: AttentionBackwardKernel): void {
    const { batch, heads, groups, queries, keys, width, valueWidth, q, k, v, dOut } = kernel;
    const scale = this.#scale(kernel);
    const ofKeys = new Map<string, number>();
    const add = (name: string, at: readonly number[], term: number): void => {
      ofKeys.set(`${name} ${at}`, (ofKeys.get(`${name} ${at}`) ?? 0) + term);
    };
    for (const [b, h, i] of coordinates([batch, heads, queries])) {
      const g = groupOf(kernel, h);
      const sums = new Array<number>(width).fill(0);
      const log = this.#get(kernel.logSumExp, [b, h, i]);
      for (const [j, score] of this.#scores(kernel, b, h, i).entries()) {
        const weight = Math.exp(score - (log === Number.NEGATIVE_INFINITY ? 0 : log));
        let difference = -this.#get(kernel.delta, [b, h, i]);
        for (let c = 0; c < valueWidth; c++) {
          difference += this.#get(dOut, [b, h, i, c]) * this.#get(v, [b, g, j, c]);
        }
        const e = weight * difference;
        for (let c = 0; c < width; c++) {
          sums[c] += scale * e * this.#get(k, [b, g, j, c]);
          add("dk", [b, g, j, c], scale * e * this.#get(q, [b, h, i, c]));
        }
        for (let c = 0; c < valueWidth; c++) add("dv", [b, g, j, c], weight * this.#get(dOut, [b, h, i, c]));
      }
      for (const [c, sum] of sums.entries()) this.#set(kernel.dq, [b, h, i, c], sum);
    }
    for (const [name, place, extent] of [["dk", kernel.dk, width] as const, ["dv", kernel.dv, valueWidth] as const]) {
      for (const at of coordinates([batch, groups, keys, extent]))
        this.#set(place, at, ofKeys.get(`${name} ${at}`) ?? 0);
    }
  }

  /** The scores of the keys that a query sees. */
  #scores(kernel: AttentionShape, b: number, h: number, i: number): number[] {
    const { queries, keys, width, causal, q, k } = kernel;
    const scale = this.#scale(kernel);
    return Array.from({ length: causal ? Math.max(0, i + 1 + keys - queries) : keys }, (_, j) => {
      let sum = 0;
      for (let c = 0; c < width; c++) sum += this.#get(q, [b, h, i, c]) * this.#get(k, [b, groupOf(kernel, h), j, c]);
      return scale * sum;
    });
  }

  #scale({ scale }: AttentionShape): number {
    return rounded(scale.kind === "number" ? this.#numbers[scale.slot] : scale.value, scale.dtype);
  }

  #scan({ rows, length, terms, factors, out }: ScanKernel): void {
    const { compute } = dtypes[this.#plan.buffers[out.buffer].dtype];
    for (const [row, i] of coordinates([rows, length])) {
      const before = i > 0 ? this.#get(out, [row, i - 1]) : 0;
      const factor = factors && this.#get(factors, [row, i]);
      const product = factor === null ? before : i > 0 ? scalar("mul", compute, [factor, before]) : factor;
      const term = terms && this.#get(terms, [row, i]);
      this.#set(out, [row, i], term === null ? product : i > 0 ? scalar("add", compute, [product, term]) : term);
    }
  }

  #sort({ rows, length, k, descending, input, indices }: SortKernel): void {
    for (let row = 0; row < rows; row++) {
      const left = new Set(new Array(length).keys());
      for (let place = 0; place < k; place++) {
        let best = -1;
        for (const i of left) {
          const [x, y] = [i, best].map((at) => (at < 0 ? 0 : this.#get(input, [row, at])));
          if (best < 0 || (descending ? larger(x, y) : larger(y, x))) best = i;
        }
        left.delete(best);
        this.#set(indices, [row, place], best);
      }
    }
  }

  #groupBy({ length, groups, ids, permutation, offsets, check }: GroupByKernel): void {
    let position = 0;
    for (let group = 0; group < groups; group++) {
      this.#set(offsets, [group], position);
      for (let i = 0; i < length; i++) {
        const id = this.#get(ids, [i]);
        if (id < 0 || id >= groups) this.#fail(check);
        if (id === group) this.#set(permutation, [position++], i);
      }
    }
    this.#set(offsets, [groups], position);
  }

  #segmentSum({ segments, width, input, permutation, offsets, out }: SegmentSumKernel): void {
    const { compute } = dtypes[this.#plan.buffers[out.buffer].dtype];
    for (const [segment, w] of coordinates([segments, width])) {
      const end = this.#get(offsets, [segment + 1]);
      let sum = 0;
      for (let p = this.#get(offsets, [segment]); p < end; p++) {
        sum = scalar("add", compute, [sum, this.#get(input, [this.#get(permutation, [p]), w])]);
      }
      this.#set(out, [segment, w], sum);
    }
  }

  #map({ shape, stores }: MapKernel): void {
    const before = this.memory.map((data) => data.slice());
    for (const at of coordinates(shape)) this.#store(stores, at, before, null);
  }

  #reduce({ op, shape, length, block, input, stores }: ReduceKernel): void {
    const runs = block > 0 ? Math.ceil(length / block) : 1;
    const step = ({ sum: "add", prod: "mul", max: "max", min: "min" } as const)[op];
    const before = this.memory.map((data) => data.slice());
    for (const outer of coordinates(shape)) {
      for (let run = 0; run < runs; run++) {
        const a = new Array<number>(4).fill(identity(op, input.dtype));
        const [start, end] = block > 0 ? [run * block, Math.min(length, (run + 1) * block)] : [0, length];
        for (let i = start; i < end; i++) {
          const [value] = this.#values([input], [...outer, i], before, null);
          a[(i - start) % 4] = scalar(step, input.dtype, [a[(i - start) % 4], value]);
        }
        const pair = (x: number, y: number): number => scalar(step, input.dtype, [x, y]);
        const reduced = pair(pair(a[0], a[2]), pair(a[1], a[3]));
        this.#store(stores, block > 0 ? [...outer, run] : outer, before, reduced);
      }
    }
  }

  #store(stores: readonly Store[], at: readonly number[], before: readonly TypedArray[], reduced: number | null): void {
    const exprs = stores.map((store) => store.expr);
    for (const [s, value] of this.#values(exprs, at, before, reduced).entries()) this.#set(stores[s].place, at, value);
  }

  /** The expressions' values at one element. */
  #values(
    roots: readonly Expr[],
    at: readonly number[],
    memory: readonly TypedArray[],
    reduced: number | null,
  ): number[] {
    const values = new Map<Expr, number>();
    const of = (expr: Expr): number => values.get(expr)!;
    for (const expr of topological(roots)) {
      if (expr.kind === "constant") values.set(expr, rounded(expr.value, expr.dtype));
      else if (expr.kind === "number") values.set(expr, rounded(this.#numbers[expr.slot], expr.dtype));
      else if (expr.kind === "index") values.set(expr, address(expr.view, at));
      else if (expr.kind === "accumulated") values.set(expr, reduced!);
      else if (expr.kind === "load") values.set(expr, this.#load(expr, at, memory, of));
      else values.set(expr, scalar(expr.op, expr.dtype, expr.inputs.map(of), expr.inputs[0].dtype));
    }
    return roots.map(of);
  }

  #load(load: Load, at: readonly number[], memory: readonly TypedArray[], of: (expr: Expr) => number): number {
    if (load.guard && of(load.guard) === 0) return NaN;
    let place = address(load.view, at);
    for (const { index, stride, extent, check } of load.gathers) {
      const i = of(index);
      if (i < 0 || i >= extent) this.#fail(check);
      place += Math.max(0, Math.min(i, extent - 1)) * stride;
    }
    return widen(memory[load.buffer].slice(place, place + 1), this.#plan.buffers[load.buffer].dtype)[0];
  }

  #fail(check: number): void {
    if (check >= 0) this.failedCheck = Math.min(check, this.failedCheck ?? check);
  }

  #get({ buffer, view }: Place, at: readonly number[]): number {
    return this.memory[buffer][address(view, at)];
  }

  #set({ buffer, view }: Place, at: readonly number[], value: number): void {
    [this.memory[buffer][address(view, at)]] = narrow(Float64Array.of(value), this.#plan.buffers[buffer].dtype);
  }
}

function address({ strides, offset }: View, at: readonly number[]): number {
  return at.reduce((place, coordinate, axis) => place + coordinate * strides[axis], offset);
}

function* coordinates(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) {
    yield [];
    return;
  }
  for (let first = 0; first < shape[0]; first++) {
    for (const rest of coordinates(shape.slice(1))) yield [first, ...rest];
  }
}

/** The head of keys that a head of queries reads. */
function groupOf({ heads, groups }: AttentionShape, head: number): number {
  return Math.floor((head * groups) / heads);
}

function larger(x: number, y: number): boolean {
  return x > y || (Number.isNaN(x) && !Number.isNaN(y));
}

function identity(op: ReduceKernel["op"], dtype: ComputeDType): number {
  if (op === "sum") return 0;
  if (op === "prod") return 1;
  const lowest = dtype === "int32" ? -(2 ** 31) : -Infinity;
  return op === "max" ? lowest : dtype === "int32" ? 2 ** 31 - 1 : Infinity;
}
