import type { FunctionBuilder } from "../emit/index.ts";
import type { Constants } from "./constants.ts";

/** Where instructions go, and the constants that they use. */
export interface Emission {
  readonly f: FunctionBuilder;
  readonly constants: Constants;
  /** Whether multiply-adds are contracted. */
  readonly relaxed: boolean;
}
