/** Handles of the wasm backend: variables live in its memory, values are host data. */
import type { DType, TypedArray } from "../../dtype.ts";
import { dtypes } from "../../dtype.ts";
import { DeviceError } from "../../errors.ts";
import type { Handle } from "../../plan/backend.ts";
import { sizeOf } from "../../plan/view.ts";

abstract class WasmHandle implements Handle {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
  freed = false;

  constructor(dtype: DType, shape: readonly number[]) {
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = sizeOf(shape) * dtypes[dtype].bytes;
  }

  get length(): number {
    return sizeOf(this.shape);
  }
}

/** Resident storage at a fixed address. */
export class VariableHandle extends WasmHandle {
  readonly address: number;

  constructor(dtype: DType, shape: readonly number[], address: number) {
    super(dtype, shape);
    this.address = address;
  }
}

/** Contents that do not change, in an ordinary array; plans that read them find them uploaded. */
export class ValueHandle extends WasmHandle {
  #data: TypedArray | null;

  constructor(dtype: DType, shape: readonly number[], data: TypedArray) {
    super(dtype, shape);
    if (data.length !== this.length) {
      throw new DeviceError(`wasm: ${data.length} elements given for a ${dtype} of shape [${shape}]`);
    }
    this.#data = data;
  }

  get data(): TypedArray {
    if (!this.#data) throw freedError(this);
    return this.#data;
  }

  release(): void {
    this.freed = true;
    this.#data = null;
  }
}

/** @throws DeviceError where the handle is another backend's, or was freed */
export function own(handle: Handle): VariableHandle | ValueHandle {
  if (!(handle instanceof VariableHandle || handle instanceof ValueHandle)) {
    throw new DeviceError("wasm: this handle belongs to another device");
  }
  if (handle.freed) throw freedError(handle);
  return handle;
}

function freedError(handle: Handle): DeviceError {
  return new DeviceError(`wasm: the memory of this ${handle.dtype} [${handle.shape}] was freed`);
}
