import { checkOptions, checkRecord, type TensorData } from "@tsuki/core";
import { decodeElements, descrOf, elementTypes, swapBytes, toRowMajor } from "./elements.ts";
import { formatNpyHeader, npyError, parseNpyHeader } from "./header.ts";

/**
 * An array of NumPy's npy format, versions 1 to 3, of any byte order, in row-major or column-major order. Integers of other
 * widths become int32, where they fit; two bytes of no type (`V2`) are bfloat16.
 *
 * @param options.file Name of the file in errors.
 * @throws FormatError with file and byte offset.
 */
export function decodeNpy(bytes: Uint8Array, options: { file?: string } = {}): TensorData {
  checkOptions("decodeNpy", options, "file");
  const { file = "npy" } = options;
  const { descr, fortranOrder, shape, end } = parseNpyHeader(bytes, file);
  const type = elementTypes.get(descr.slice(1));
  if (!type || !"<>|=".includes(descr[0])) {
    throw npyError(
      file,
      10,
      `elements are of the type ${JSON.stringify(descr)}; those that can be read are ${[...elementTypes.keys()].join(", ")}`,
    );
  }
  const size = shape.reduce((product, extent) => product * extent, 1);
  const missing = end + size * type.bytes - bytes.length;
  if (missing > 0) {
    throw npyError(file, bytes.length, `the file ends ${missing} bytes before its array, ${descr} [${shape}], does`);
  }
  if (missing < 0)
    throw npyError(file, bytes.length + missing, `${-missing} bytes follow the array, ${descr} [${shape}]`);
  const stored = new Uint8Array(bytes.subarray(end));
  if (descr[0] === ">") swapBytes(stored, type.bytes);
  const elements = decodeElements(stored, type, (element, problem) => {
    throw npyError(file, end + element * type.bytes, problem);
  });
  return { dtype: type.dtype, shape, data: fortranOrder ? toRowMajor(elements, shape) : elements };
}

/** An array as an npy file, in row-major order. bfloat16 is two bytes of no type, as NumPy writes that of ml_dtypes. */
export function encodeNpy(array: TensorData): Uint8Array<ArrayBuffer> {
  checkRecord("encodeNpy", { array });
  const { dtype, shape, data } = array;
  const header = formatNpyHeader(descrOf(dtype), shape);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}
