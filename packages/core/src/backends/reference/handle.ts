import { type DType, dtypes, type TypedArray } from "../../dtype.ts";
import { DeviceError } from "../../errors.ts";
import type { Handle } from "../../plan/backend.ts";
import { sizeOf } from "../../plan/view.ts";

/** The contents of a variable or value: a host array. */
export class ReferenceHandle implements Handle {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Whether it is a variable's storage, which plans write. */
  readonly resident: boolean;
  #data: TypedArray | null;

  constructor(dtype: DType, shape: readonly number[], data: TypedArray, resident: boolean) {
    if (data.length !== sizeOf(shape)) {
      throw new DeviceError(`reference: ${data.length} elements given for a ${dtype} of shape [${shape}]`);
    }
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = data.length * dtypes[dtype].bytes;
    this.resident = resident;
    this.#data = data;
  }

  /** @throws DeviceError where it has been freed */
  get data(): TypedArray {
    if (!this.#data) throw new DeviceError(`reference: the memory of this ${this.dtype} [${this.shape}] was freed`);
    return this.#data;
  }

  get freed(): boolean {
    return this.#data === null;
  }

  free(): void {
    this.#data = null;
  }
}

/** @throws DeviceError where the handle is another backend's */
export function own(handle: Handle): ReferenceHandle {
  if (!(handle instanceof ReferenceHandle)) throw new DeviceError("reference: this handle belongs to another device");
  return handle;
}
