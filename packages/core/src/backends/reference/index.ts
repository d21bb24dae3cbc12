import { registerBackend } from "../../device/registry.ts";
import { ReferenceBackend } from "./backend.ts";

export type { Frame, Memory } from "./frame.ts";
export { ReferenceBackend };

registerBackend("reference", () => new ReferenceBackend());
