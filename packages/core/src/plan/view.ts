/**
 * Strided views: element (c₀ … cₙ₋₁) of a view lies at `offset + Σ stridesᵢ·cᵢ`, counted in elements. The model of `ndarray`.
 */
export interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Number of elements of a shape (1 for rank 0). */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** Row-major strides. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export function contiguous(shape: readonly number[]): View {
  return { shape, strides: rowMajor(shape), offset: 0 };
}

/** True where the view reads its elements in row-major order without gaps. */
export function isContiguous(view: View): boolean {
  let stride = 1;
  for (let axis = view.shape.length - 1; axis >= 0; axis--) {
    if (view.shape[axis] !== 1 && view.strides[axis] !== stride) return false;
    stride *= view.shape[axis];
  }
  return true;
}

export function permuteView(view: View, order: readonly number[]): View {
  return { shape: order.map((a) => view.shape[a]), strides: order.map((a) => view.strides[a]), offset: view.offset };
}

/** Broadcasts to `shape` by NumPy's rule: axes are aligned at the end, extents of 1 are repeated with stride 0. */
export function expandView(view: View, shape: readonly number[]): View {
  const added = shape.length - view.shape.length;
  const strides = shape.map((extent, axis) => {
    if (axis < added) return 0;
    return view.shape[axis - added] === extent ? view.strides[axis - added] : 0;
  });
  return { shape, strides, offset: view.offset };
}

/** Elements `start, start + step, …` of every axis; a negative step walks backwards. `shape` is the resulting shape. */
export function sliceView(
  view: View,
  start: readonly number[],
  step: readonly number[],
  shape: readonly number[],
): View {
  let offset = view.offset;
  for (let axis = 0; axis < start.length; axis++) offset += start[axis] * view.strides[axis];
  return { shape, strides: view.strides.map((stride, axis) => stride * step[axis]), offset };
}

/** The same elements in row-major order under another shape, or `null` where strides cannot express it. */
export function reshapeView(view: View, shape: readonly number[]): View | null {
  if (sizeOf(shape) === 0) return { shape, strides: rowMajor(shape), offset: view.offset };
  const source = view.shape.map((_, axis) => axis).filter((axis) => view.shape[axis] !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let at = 0;
  let axis = 0;
  while (axis < shape.length) {
    if (shape[axis] === 1) {
      axis++;
      continue;
    }
    // Take a group of target axes and a group of source axes of equal size.
    let end = axis + 1;
    let have = shape[axis];
    let from = at + 1;
    let need = view.shape[source[at]];
    while (have !== need) {
      if (have < need) have *= shape[end++];
      else need *= view.shape[source[from++]];
    }
    while (end < shape.length && shape[end] === 1) end++;
    for (let s = at; s + 1 < from; s++) {
      if (view.strides[source[s]] !== view.strides[source[s + 1]] * view.shape[source[s + 1]]) return null;
    }
    let stride = view.strides[source[from - 1]];
    for (let t = end - 1; t >= axis; t--) {
      if (shape[t] === 1) continue;
      strides[t] = stride;
      stride *= shape[t];
    }
    axis = end;
    at = from;
  }
  return { shape, strides, offset: view.offset };
}
