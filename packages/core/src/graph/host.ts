import type { HostCall } from "../plan/plan.ts";
import { defineOp, type Op } from "./op.ts";

interface HostAttributes {
  readonly call: HostCall;
  /** Dtypes and shapes of the outputs, as integers. */
  readonly signature: readonly number[];
}

/** A call of the host between two segments of a plan: given its inputs' contents, it gives those of its outputs. */
export const hostOp: Op<HostAttributes> = defineOp<HostAttributes>({
  name: "host",
  key: ({ signature }) => signature,
  lower: (l, inputs, _attributes, outputs) => l.host(inputs, outputs),
});
