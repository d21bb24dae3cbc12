import type { MatmulKernel, Place } from "@tsuki/core/backend";
import type { Frame } from "@tsuki/core/reference";

/** Matrices in memory: element (matrix, row, column) lies at start + Σ stride·coordinate. */
export interface Matrices {
  readonly data: Float32Array;
  readonly start: number;
  readonly matrix: number;
  readonly row: number;
  readonly column: number;
}

/** One call of the GPU.js kernel: C = A·B for each of `matrices` pairs, A of `rows`×`k`, B of `k`×`columns`. */
export interface Call {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  readonly k: number;
  readonly a: Matrices;
  readonly b: Matrices;
  readonly c: Matrices;
}

/** Most matrices, rows or columns of a call: WebGPU dispatches no more groups along an axis. */
const mostGroups = 65535;

/**
 * The calls that compute a product. Batch axes that are evenly spaced in all operands become the matrices of a call; the
 * others are walked. `budget` tells how many multiply-adds one call may take that would give so many elements.
 */
export function* callsOf(kernel: MatmulKernel, frame: Frame, budget: (elements: number) => number): Generator<Call> {
  const { m, n, k } = kernel;
  const axes = foldBatch(kernel);
  const { extent, a, b, c } = axes.pop() ?? { extent: 1, a: 0, b: 0, c: 0 };
  const most = budget(extent * m * n);
  const columns = within(n, most / k);
  const rows = within(m, most / (k * columns));
  const matrices = within(extent, most / (k * columns * rows));
  const whole = {
    a: matricesOf(kernel.a, frame, a),
    b: matricesOf(kernel.b, frame, b),
    c: matricesOf(kernel.c, frame, c),
  };
  for (const at of offsets(axes)) {
    for (let z = 0; z < extent; z += matrices) {
      for (let y = 0; y < m; y += rows) {
        for (let x = 0; x < n; x += columns) {
          const size = {
            matrices: Math.min(matrices, extent - z),
            rows: Math.min(rows, m - y),
            columns: Math.min(columns, n - x),
          };
          yield {
            ...size,
            k,
            a: window(from(whole.a, at.a, z, y, 0), size.matrices, size.rows, k),
            b: window(from(whole.b, at.b, z, 0, x), size.matrices, k, size.columns),
            c: from(whole.c, at.c, z, y, x),
          };
        }
      }
    }
  }
}

/** A batch axis: its extent and its strides in the operands. */
interface BatchAxis {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** The batch axes, without those of extent 1, and with neighbours joined where one step of the outer is all of the inner. */
function foldBatch({ batch, a, b, c }: MatmulKernel): BatchAxis[] {
  const folded: BatchAxis[] = [];
  for (const [axis, extent] of batch.entries()) {
    if (extent === 1) continue;
    const inner = { extent, a: a.view.strides[axis], b: b.view.strides[axis], c: c.view.strides[axis] };
    const outer = folded.at(-1);
    const joined = outer && (["a", "b", "c"] as const).every((operand) => outer[operand] === inner[operand] * extent);
    if (joined) folded.pop();
    folded.push(joined ? { ...inner, extent: outer.extent * extent } : inner);
  }
  return folded;
}

/** Offsets in the operands for all coordinates of the axes. */
function* offsets(axes: readonly BatchAxis[]): Generator<Omit<BatchAxis, "extent">> {
  const [outer, ...rest] = axes;
  if (!outer) {
    yield { a: 0, b: 0, c: 0 };
    return;
  }
  for (const { a, b, c } of offsets(rest)) {
    for (let i = 0; i < outer.extent; i++) yield { a: a + i * outer.a, b: b + i * outer.b, c: c + i * outer.c };
  }
}

function within(extent: number, most: number): number {
  return Math.max(1, Math.min(extent, Math.floor(most), mostGroups));
}

function matricesOf({ buffer, view }: Place, frame: Frame, matrix: number): Matrices {
  const [row, column] = view.strides.slice(-2);
  return { data: frame.buffers[buffer].data as Float32Array, start: view.offset, matrix, row, column };
}

/** The matrices from a matrix, row and column on. */
function from(whole: Matrices, offset: number, z: number, y: number, x: number): Matrices {
  const start = whole.start + offset + z * whole.matrix + y * whole.row + x * whole.column;
  return { ...whole, start };
}

/** The same matrices on no more memory than they span: what is uploaded for a call. */
function window(whole: Matrices, matrices: number, rows: number, columns: number): Matrices {
  const reach = [(matrices - 1) * whole.matrix, (rows - 1) * whole.row, (columns - 1) * whole.column];
  const first = reach.reduce((at, step) => at + Math.min(0, step), whole.start);
  const last = reach.reduce((at, step) => at + Math.max(0, step), whole.start);
  return { ...whole, data: whole.data.subarray(first, last + 1), start: whole.start - first };
}
