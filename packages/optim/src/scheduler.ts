import { ArgumentError, checkOptions, StateError, shown } from "@tsuki/core";
import { checkNumber } from "./checks.ts";
import type { GroupOptions } from "./groups.ts";
import type { Schedule } from "./schedules.ts";

/** What follows which schedules. */
export interface GroupSchedules {
  /** Parameter groups: `optimizer.groups`, or some of them. */
  readonly groups: readonly Pick<GroupOptions, ScheduledOption>[];
  readonly lr?: Schedule;
  readonly weightDecay?: Schedule;
}

type ScheduledOption = "lr" | "weightDecay";
const scheduledOptions: readonly ScheduledOption[] = ["lr", "weightDecay"];

/** A scheduler's state as a checkpoint holds it. */
export interface SchedulerStateDict {
  /** Steps taken. */
  readonly step: number;
}

/**
 * Sets learning rate and weight decay of parameter groups by their schedules: those of step 0 at once, those of the next
 * step with each `step()`. They are run-time numbers: no plan is compiled anew.
 *
 *     const scheduler = new Scheduler(
 *       { groups: optimizer.muon.groups, lr: warmupStableDecay({ peak: 1e-3, … }) },
 *       { groups: optimizer.adamw.groups, lr: warmupCosine({ peak: 3e-4, … }), weightDecay: constant(0.1) },
 *     );
 *     for (…) {
 *       loss.backward();
 *       await optimizer.step();
 *       scheduler.step();
 *     }
 *
 * It counts on the host, so that a step that the optimizer skips (`skipNonFinite`) counts too.
 */
export class Scheduler {
  readonly #schedules: readonly GroupSchedules[];
  #step = 0;

  /** @throws ArgumentError where a number has two schedules */
  constructor(...schedules: readonly GroupSchedules[]) {
    this.#schedules = schedules;
    for (const given of schedules) {
      checkOptions("Scheduler", given, "groups", ...scheduledOptions);
      if (!Array.isArray(given.groups)) {
        throw new ArgumentError(`Scheduler: groups are a list, such as optimizer.groups, not ${shown(given.groups)}`);
      }
    }
    for (const option of scheduledOptions) {
      const scheduled = schedules.flatMap((given) => (given[option] ? given.groups : []));
      if (new Set(scheduled).size === scheduled.length) continue;
      throw new ArgumentError(`Scheduler: the ${option} of a group has two schedules`);
    }
    this.#apply();
  }

  /** Steps taken. */
  get stepsTaken(): number {
    return this.#step;
  }

  /** Goes on to the next step: call it after `optimizer.step()`. */
  step(): void {
    this.#step++;
    this.#apply();
  }

  stateDict(): SchedulerStateDict {
    return { step: this.#step };
  }

  /**
   * Goes to the step of a saved state, and sets the numbers of that step.
   *
   * @throws StateError where the step is no whole number ≥ 0
   */
  loadStateDict({ step }: SchedulerStateDict): void {
    if (!(Number.isSafeInteger(step) && step >= 0)) {
      throw new StateError(`Scheduler: step is a whole number ≥ 0, not ${String(step)}`);
    }
    this.#step = step;
    this.#apply();
  }

  #apply(): void {
    for (const given of this.#schedules) {
      for (const option of scheduledOptions) {
        const schedule = given[option];
        if (!schedule) continue;
        const value = schedule(this.#step);
        checkNumber("Scheduler", `${option} of step ${this.#step}`, value);
        for (const group of given.groups) group[option] = value;
      }
    }
  }
}
