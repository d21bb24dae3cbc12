import { strFromU8 } from "fflate";

/** The checksum of zip files, CRC-32 (ISO 3309) of the polynomial 0x04c11db7, lowest bit first. */
export function crc32(bytes: Uint8Array): number {
  let rest = -1;
  for (let at = 0; at < bytes.length; at++) rest = table[(rest ^ bytes[at]) & 0xff] ^ (rest >>> 8);
  return ~rest >>> 0;
}

/** What each byte leaves; signed, since engines are fastest with those. */
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  return rest;
});

/** Signatures and lengths of a zip file's records (PKWARE's APPNOTE, 4.3.12 to 4.3.16). */
const member = { signature: 0x02014b50, bytes: 46 };
const end = { signature: 0x06054b50, bytes: 22 };
const locator64 = { signature: 0x07064b50, bytes: 20 };

/** The checksums that the directory of a well-formed zip file gives for its members, by name. */
export function zipChecksums(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = directoryOf(view);
  const checksums = new Map<string, number>();
  while (view.getUint32(at, true) === member.signature) {
    const nameEnd = at + member.bytes + view.getUint16(at + 28, true);
    const isUtf8 = (view.getUint16(at + 8, true) & 0x800) !== 0;
    const name = strFromU8(bytes.subarray(at + member.bytes, nameEnd), !isUtf8);
    checksums.set(name, view.getUint32(at + 16, true));
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return checksums;
}

/** Where the directory begins; large files say so in a second record. */
function directoryOf(view: DataView): number {
  let at = view.byteLength - end.bytes;
  while (at > 0 && view.getUint32(at, true) !== end.signature) at--;
  const begin = view.getUint32(at + 16, true);
  const before = at - locator64.bytes;
  if (begin !== 0xffffffff || before < 0 || view.getUint32(before, true) !== locator64.signature) return begin;
  const end64 = Number(view.getBigUint64(before + 8, true));
  return Number(view.getBigUint64(end64 + 48, true));
}
