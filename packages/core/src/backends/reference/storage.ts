import { type DType, dtypes, type TypedArray } from "../../dtype.ts";
import { narrow as narrowData, widen as widenData } from "../../io/data.ts";

/** Widens elements as they are stored to the dtype in which kernels compute; arrays of a compute dtype stay as they are. */
export function widen(stored: TypedArray, dtype: DType): TypedArray {
  return widenData({ dtype, shape: [stored.length], data: stored }).data;
}

/** Rounds computed elements to a storage dtype; arrays of a compute dtype stay as they are. */
export function narrow(computed: TypedArray, dtype: DType): TypedArray {
  return dtypes[dtype].compute === dtype ? computed : narrowData(computed, dtype);
}
