/** Data from disk. */
export { loadNpy, loadNpz, saveNpy, saveNpz } from "./files/npy.ts";
export type { FilePlace } from "./files/records.ts";
export { loadJsonLines, type ReadTextOptions, readJsonLines, readText } from "./files/text.ts";
