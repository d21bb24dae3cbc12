import { checkOptions } from "@tsuki/core";
import { AdamW, type AdamWOptions } from "./adamw.ts";
import { CombinedOptimizer } from "./combined-optimizer.ts";
import { Muon, type MuonOptions } from "./muon.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import type { ParameterGroups } from "./parameter-groups.ts";

export interface MuonWithAdamWOptions extends OptimizerOptions {
  /** Learning rate of both; default: 1e-3. */
  readonly lr?: number;
  /** Weight decay of both; default: 0.1. */
  readonly weightDecay?: number;
  /** What Muon's groups have beyond that, where the group itself says nothing. */
  readonly muon?: Partial<MuonOptions>;
  /** The same of AdamW's groups. */
  readonly adamw?: Partial<AdamWOptions>;
}

const optionNames = ["lr", "weightDecay", "muon", "adamw", "skipNonFinite"];

/**
 * Muon for some parameters and AdamW for the others, stepping as one; both share learning rate and weight decay, as
 * Moonlight's scale rule makes possible (arXiv 2502.16982 §2.2):
 *
 *     const groups = moonlightGroups(model.namedParameters());
 *     console.log(groups.table());
 *     const optimizer = new MuonWithAdamW(groups, { lr: 1e-3 });
 */
export class MuonWithAdamW extends CombinedOptimizer {
  readonly muon: Muon | null;
  readonly adamw: AdamW | null;

  constructor(groups: ParameterGroups, options: MuonWithAdamWOptions = {}) {
    checkOptions("MuonWithAdamW", options, ...optionNames);
    const { lr = 1e-3, weightDecay = 0.1, skipNonFinite } = options;
    const muon = groups.muon.length > 0 ? new Muon(groups.muon, { lr, weightDecay, ...options.muon }) : null;
    const adamw = groups.adamw.length > 0 ? new AdamW(groups.adamw, { lr, weightDecay, ...options.adamw }) : null;
    super(
      [muon, adamw].filter((optimizer) => optimizer !== null),
      { skipNonFinite },
    );
    this.muon = muon;
    this.adamw = adamw;
  }
}
