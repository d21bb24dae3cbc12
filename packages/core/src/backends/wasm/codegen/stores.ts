import type { Vector } from "../emit/index.ts";
import { i32 } from "../emit/index.ts";
import type { Access } from "./access.ts";
import { narrow, storeLane, storeVector } from "./access.ts";
import type { Evaluator, KernelContext } from "./evaluate.ts";
import type { Site } from "./site.ts";

/**
 * Stores the results of these sites. All values are computed before the first is stored: a store may be in place, and
 * engines pair neighbouring vectors only so.
 */
export function storeResults(context: KernelContext, evaluator: Evaluator, sites: readonly Site[]): void {
  const { structure, f, constants } = context;
  const pending: { access: Access; operand: number; site: Site; value: Vector }[] = [];
  for (const site of sites) {
    for (const { operand, node } of structure.stores) {
      const access = { f, constants, storage: structure.operands[operand].storage };
      pending.push({ access, operand, site, value: f.let(narrow(access, evaluator.keep(node, site))) });
    }
  }
  for (const { access, operand, site, value } of pending) {
    const { base, offset } = site.position(operand);
    if (site.lanes === 1) f.do(storeLane(access, base, value, 0, offset));
    else if (structure.operands[operand].inner === "vector") f.do(storeVector(access, base, value, offset));
    else {
      const stride = constants.word(context.words.innerStride(operand));
      const address = f.let(offset === 0 ? base : i32.add(base, offset));
      for (let lane = 0; lane < 4; lane++) {
        if (lane > 0) f.advance(address, stride);
        f.do(storeLane(access, address, value, lane));
      }
    }
  }
}
