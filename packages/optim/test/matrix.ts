/** Small dense matrices on the host, in float64: what the tests compare with. Row-major. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, cols: number, entry: (row: number, col: number) => number): Matrix {
  return {
    rows,
    cols,
    data: Float64Array.from({ length: rows * cols }, (_, i) => entry(Math.floor(i / cols), i % cols)),
  };
}

export function at({ data, cols }: Matrix, row: number, col: number): number {
  return data[row * cols + col];
}

export function transpose(a: Matrix): Matrix {
  return matrix(a.cols, a.rows, (row, col) => at(a, col, row));
}

export function multiply(a: Matrix, b: Matrix): Matrix {
  return matrix(a.rows, b.cols, (row, col) => {
    let sum = 0;
    for (let k = 0; k < a.cols; k++) sum += at(a, row, k) * at(b, k, col);
    return sum;
  });
}

/** U·diag(s)·Vᵀ. */
export function compose(u: Matrix, s: readonly number[], v: Matrix): Matrix {
  return multiply(
    matrix(u.rows, u.cols, (row, col) => at(u, row, col) * s[col]),
    transpose(v),
  );
}

export function frobenius({ data }: Matrix): number {
  return Math.hypot(...data);
}

/** Standard normal numbers of a seed (mulberry32 and Box–Muller). */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

export function gaussian(rows: number, cols: number, seed: number): Matrix {
  const next = normals(seed);
  return matrix(rows, cols, next);
}

/** A random matrix with orthonormal columns, rows ≥ cols: Gram–Schmidt, twice, of a Gaussian one. */
export function orthonormal(rows: number, cols: number, seed: number): Matrix {
  const q = gaussian(rows, cols, seed);
  const { data } = q;
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += data[row * cols + a] * data[row * cols + b];
    return sum;
  };
  for (let col = 0; col < cols; col++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let before = 0; before < col; before++) {
        const along = dot(col, before);
        for (let row = 0; row < rows; row++) data[row * cols + col] -= along * data[row * cols + before];
      }
      const length = Math.sqrt(dot(col, col));
      for (let row = 0; row < rows; row++) data[row * cols + col] /= length;
    }
  }
  return q;
}

/** Singular values, falling: one-sided Jacobi rotations of the columns until they are orthogonal. */
export function singularValues(a: Matrix): number[] {
  const { rows, cols, data } = a.rows >= a.cols ? matrix(a.rows, a.cols, (r, c) => at(a, r, c)) : transpose(a);
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < cols; p++) {
      for (let q = p + 1; q < cols; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let i = 0; i < rows; i++) {
          const [x, y] = [data[i * cols + p], data[i * cols + q]];
          pp += x * x;
          qq += y * y;
          pq += x * y;
        }
        if (Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq)) continue;
        rotated = true;
        const zeta = (qq - pp) / (2 * pq);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        for (let i = 0; i < rows; i++) {
          const [x, y] = [data[i * cols + p], data[i * cols + q]];
          data[i * cols + p] = c * (x - t * y);
          data[i * cols + q] = c * (t * x + y);
        }
      }
    }
    if (!rotated) break;
  }
  const lengths = Array.from({ length: cols }, (_, col) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += data[row * cols + col] ** 2;
    return Math.sqrt(sum);
  });
  return lengths.sort((x, y) => y - x);
}
