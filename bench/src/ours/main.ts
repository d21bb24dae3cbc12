/** Tsuki as a contestant. Argument: its threads. */
import { setDefaultDevice } from "@tsuki/core";
import type { Prepare, Prepared } from "../protocol.ts";
import { serve } from "../serve.ts";
import { prepareCeiling } from "./ceiling.ts";
import { prepareDecode } from "./decode.ts";
import { prepareExperts } from "./experts.ts";
import { prepareGrouped } from "./grouped.ts";
import { prepareMatmul } from "./matmul.ts";
import { prepareNewtonSchulz } from "./newton-schulz.ts";
import { prepareOverhead } from "./overhead.ts";
import { prepareReadBandwidth } from "./read-bandwidth.ts";
import { prepareSteadiness } from "./steadiness.ts";
import { prepareTraining } from "./training.ts";

setDefaultDevice("wasm", { threads: Number(process.argv[2]) });

let mostBytes = (): number => 0;

const prepare: Prepare = (workload): Promise<Prepared> => {
  switch (workload.kind) {
    case "matmul":
      return prepareMatmul(workload);
    case "grouped":
      return prepareGrouped(workload);
    case "training":
      return prepareTraining(workload).then((training) => {
        mostBytes = training.mostBytes;
        return training;
      });
    case "experts":
      return prepareExperts(workload);
    case "newtonSchulz":
      return prepareNewtonSchulz(workload);
    case "decode":
      return prepareDecode(workload);
    case "steadiness":
      return prepareSteadiness(workload);
    case "overhead":
      return prepareOverhead(workload);
    case "ceiling":
      return prepareCeiling();
    case "readBandwidth":
      return prepareReadBandwidth();
  }
};

await serve({ prepare, memory: () => mostBytes() });
