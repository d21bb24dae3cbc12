import { constant } from "../../../plan/expr.ts";
import type { Buffer, ReduceKernel } from "../../../plan/plan.ts";
import { sizeOf } from "../../../plan/view.ts";
import { identity } from "./identity.ts";
import type { Loop, Lowered } from "./lower.ts";
import { assemble, chooseStretch, computeWork, loopsOf } from "./lower.ts";
import type { Split } from "./operands.ts";
import { OperandTable } from "./operands.ts";
import type { Space } from "./space.ts";
import { chooseVectorAxis, moveLast, normalize, rowWork, stridesAlong } from "./space.ts";

/** Elements that a stretch of a column reduction reads at least. */
const LEAST_READ = 4096;
const LONGEST_STRETCH = 1 << 12;

/**
 * A reduction as rows along the reduced axis, or as columns: vectors of neighbouring results. Both add in the same
 * order, so the estimated work decides. `null` where there is no result.
 */
export function lowerReduce(kernel: ReduceKernel, buffers: readonly Buffer[]): Lowered | null {
  const { length, op } = kernel;
  const block = kernel.block > 0 ? kernel.block : Math.max(1, length);
  const blocks = kernel.block > 0 ? Math.ceil(length / block) : 1;
  if (sizeOf(kernel.shape) * blocks === 0) return null;
  // Over nothing no element may be looked at.
  const dtype = kernel.input.dtype;
  const input = length === 0 ? constant(identity(op, dtype), dtype) : kernel.input;

  const table = new OperandTable(buffers);
  const ofStore: Split = ({ strides }) => ({ strides: kernel.block > 0 ? strides : [...strides, 0], reduced: 0 });
  const ofInput: Split = ({ strides }) => {
    const reduced = strides[strides.length - 1];
    return { strides: [...strides.slice(0, -1), reduced * block], reduced };
  };
  table.addStores(kernel.stores, ofStore);
  table.addAll(input, ofInput);

  // A shorter last block keeps the axis of the blocks apart from the others.
  const apart = blocks > 1 && length % block !== 0;
  const strides = table.operands.map((o) => o.strides);
  const reduced = table.operands.map((o) => o.reduced);
  const last = kernel.shape.length;
  const space = normalize(
    {
      extents: apart ? kernel.shape : [...kernel.shape, blocks],
      strides: apart ? strides.map((s) => s.slice(0, -1)) : strides,
    },
    0,
  );
  const blockLoop: Loop[] = apart ? [{ extent: blocks, strides: strides.map((s) => s[last]) }] : [];

  const compute = computeWork([input]);
  const results = sizeOf(space.extents);
  const rowMode = { axis: -1, work: results * rowWork(block, reduced, { compute, inside: 1 }) };
  const columnMode = chooseVectorAxis(withReduced(space, reduced), { compute, inside: block });
  const column = columnMode.work < rowMode.work;
  const ordered = column ? moveLast(space, columnMode.axis) : space;
  const outerAxes = column ? ordered.extents.length - 1 : ordered.extents.length;
  const loops = loopsOf(ordered, outerAxes).concat(blockLoop);
  const run = Math.min(block, length);
  const inner = column ? ordered.extents[outerAxes] : run;
  const nest = {
    loops,
    inner,
    innerStrides: column ? stridesAlong(ordered, outerAxes) : reduced,
    reducedStrides: column ? reduced : reduced.map(() => 0),
    stretch: column ? chooseStretch(loops, inner, Math.max(16, Math.ceil(LEAST_READ / block)), LONGEST_STRETCH) : 0,
    insideStretch: 0,
    length,
    block: apart ? block : run,
  };
  const plan = {
    op,
    dtype,
    input,
    mode: column ? ("column" as const) : ("row" as const),
    blockLoop: apart ? loops.length - 1 : -1,
  };
  return assemble(table, nest, plan, kernel.stores);
}

/** An operand that only the reduced axis moves is loaded at every turn, as if it were contiguous. */
function withReduced(space: Space, reduced: readonly number[]): Space {
  const strides = space.strides.map((s, o) => s.map((stride) => (stride === 0 && reduced[o] !== 0 ? 1 : stride)));
  return { extents: space.extents, strides };
}
