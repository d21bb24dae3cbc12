import { FormatError } from "@tsuki/core";

/** What the header of an npy file says. */
export interface NpyHeader {
  /** NumPy's name of the element type, with its byte order: `<f4`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Byte at which the elements begin. */
  readonly end: number;
}

const magic = "\x93NUMPY";

/** Elements begin at a multiple of it. */
const alignment = 64;

/** The error of a file that is not what it claims to be. */
export function npyError(file: string, byte: number, problem: string): FormatError {
  return new FormatError(`${file}, byte ${byte}: ${problem}`);
}

/** Reads the header of versions 1 to 3: a Python dict of `descr`, `fortran_order` and `shape`. */
export function parseNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < magic.length; at++) {
    if (bytes[at] !== magic.charCodeAt(at)) throw npyError(file, at, "an npy file begins with \\x93NUMPY");
  }
  const version = bytes[6];
  if (!(version >= 1 && version <= 3)) throw npyError(file, 6, `npy versions are 1, 2 and 3, not ${version}`);
  const begin = version === 1 ? 10 : 12;
  if (bytes.length < begin) throw npyError(file, bytes.length, "the file ends before its header");
  const end = begin + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length)
    throw npyError(file, 8, `a header that ends at byte ${end} does not fit into ${bytes.length} bytes`);
  // Keys and types are ASCII in every version.
  const text = new TextDecoder("latin1").decode(bytes.subarray(begin, end));
  return { ...parseDict(text, begin, file), end };
}

const patterns = {
  descr: /'([^']*)'|"([^"]*)"/y,
  fortran_order: /(True)|(False)/y,
  shape: /\(((?:\s*\d+L?\s*,)*(?:\s*\d+L?)?)\s*\)/y,
} as const;

type Key = keyof typeof patterns;

/** Reads a Python dict of known keys; `begin` is its byte in the file. */
function parseDict(text: string, begin: number, file: string): Omit<NpyHeader, "end"> {
  let at = 0;
  const fail = (problem: string): never => {
    throw npyError(file, begin + at, problem);
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  if (!match(/\s*\{\s*/y)) fail("a header is a Python dict, which begins with {");
  const found = new Map<Key, RegExpExecArray>();
  for (let key = match(/'(\w+)'\s*:\s*/y); key; key = match(/\s*(?:,\s*)?'(\w+)'\s*:\s*/y)) {
    const [, name] = key;
    if (!isKey(name) || found.has(name))
      return fail(`a header has descr, fortran_order and shape, once, before here is ${name}`);
    found.set(name, match(patterns[name]) ?? fail(`${name} is not of the kind that a plain array has`));
  }
  if (!match(/\s*,?\s*\}\s*$/y)) fail("the header's dict does not go on as one");
  const [descr, order, shape] = (["descr", "fortran_order", "shape"] as const).map(
    (name) => found.get(name) ?? fail(`the header has no ${name}`),
  );
  const extents = (shape[1].match(/\d+/g) ?? []).map(Number);
  if (!Number.isSafeInteger(extents.reduce((product, extent) => product * Math.max(extent, 1), 1))) {
    throw npyError(file, begin, `the shape [${extents}] is too large`);
  }
  return { descr: descr[1] ?? descr[2], fortranOrder: order[1] !== undefined, shape: extents };
}

function isKey(name: string): name is Key {
  return Object.hasOwn(patterns, name);
}

/** The header of an array in row-major order: version 1, or 2 where it is long. */
export function formatNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const wide = dict.length + 1 + alignment > 0xffff;
  const begin = wide ? 12 : 10;
  const length = Math.ceil((begin + dict.length + 1) / alignment) * alignment;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const text = `${magic}${wide ? "\x02" : "\x01"}\x00`;
  bytes.set(Array.from(text, (character) => character.charCodeAt(0)));
  if (wide) view.setUint32(8, length - begin, true);
  else view.setUint16(8, length - begin, true);
  bytes.set(new TextEncoder().encode(`${dict.padEnd(length - begin - 1)}\n`), begin);
  return bytes;
}
