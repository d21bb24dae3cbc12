import { checkOptions, checkRecord, FormatError, type TensorData } from "@tsuki/core";
import { unzipSync, type ZipOptions, type Zippable, zipSync } from "fflate";
import { decodeNpy, encodeNpy } from "./npy.ts";
import { crc32, zipChecksums } from "./zip-checksums.ts";

export interface EncodeNpzOptions {
  /** Whether the arrays are deflated, as by `numpy.savez_compressed`; default: false. */
  readonly compress?: boolean;
}

const ending = ".npy";

/** Bytes depend on the arrays alone: each file in the archive is of the first day that a zip file knows. */
const mtime = new Date(1980, 0, 1);

/**
 * The arrays of NumPy's npz format by name: a zip file of npy files.
 *
 * @param options.file Name of the file in errors.
 * @throws FormatError with the file, the array and the byte offset in it.
 */
export function decodeNpz(bytes: Uint8Array, options: { file?: string } = {}): Record<string, TensorData> {
  checkOptions("decodeNpz", options, "file");
  const { file = "npz" } = options;
  const members = Object.entries(unzip(bytes, file));
  return Object.fromEntries(
    members.map(([member, contents]) => {
      if (!member.endsWith(ending)) throw new FormatError(`${file}: ${JSON.stringify(member)} is not an npy file`);
      return [member.slice(0, -ending.length), decodeNpy(contents, { file: `${file}, ${member}` })];
    }),
  );
}

/** Arrays as an npz file. */
export function encodeNpz(
  arrays: Readonly<Record<string, TensorData>>,
  options: EncodeNpzOptions = {},
): Uint8Array<ArrayBuffer> {
  checkRecord("encodeNpz", arrays);
  checkOptions("encodeNpz", options, "compress");
  const zipped: ZipOptions = { level: options.compress ? 6 : 0, mtime };
  const members: Zippable = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [`${name}${ending}`, [encodeNpy(array), zipped]]),
  );
  return zipSync(members);
}

/** The members of a zip file, whose checksums are right. */
function unzip(bytes: Uint8Array, file: string): Record<string, Uint8Array> {
  try {
    const members = unzipSync(bytes);
    const checksums = zipChecksums(bytes);
    for (const [name, contents] of Object.entries(members)) {
      if (crc32(contents) !== checksums.get(name)) throw new Error(`the checksum of ${JSON.stringify(name)} is wrong`);
    }
    return members;
  } catch (cause) {
    throw new FormatError(`${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
