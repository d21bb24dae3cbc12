import type { InsertKernel } from "../../../plan/plan.ts";
import { read, write } from "../arrays.ts";
import { type Frame, fail } from "../frame.ts";

/** Writes to the part of `out` that begins at the start. */
export function* insert({ extent, length, out, check, ...kernel }: InsertKernel, frame: Frame): Generator<void, void> {
  const [asked] = yield* read(frame, kernel.start);
  const start = Math.min(Math.max(asked, 0), extent - length);
  if (start !== asked) fail(frame, check);
  const elements = yield* read(frame, kernel.input);
  const { strides, offset } = out.view;
  const part = { shape: kernel.input.view.shape, strides, offset: offset + start * strides[1] };
  yield* write(frame, { buffer: out.buffer, view: part }, elements);
}
