import type { RunEvent } from "@tsuki/train";
import type { Settings } from "./settings.ts";

/** What the page tells the worker. */
export type Order =
  /** `book`: where the text of Moby-Dick lies. */
  | { readonly kind: "begin"; readonly settings: Settings; readonly book: string }
  | { readonly kind: "load"; readonly bytes: Uint8Array; readonly file: string; readonly book: string }
  | { readonly kind: "run" }
  | { readonly kind: "pause" }
  | { readonly kind: "save" };

/** What the worker tells the page. */
export type News =
  | { readonly kind: "ready"; readonly training: Training }
  | { readonly kind: "event"; readonly event: RunEvent }
  | { readonly kind: "paused" }
  | { readonly kind: "saved"; readonly bytes: Uint8Array<ArrayBuffer>; readonly step: number }
  | { readonly kind: "failed"; readonly message: string };

/** A training that is ready to go on. */
export interface Training {
  readonly settings: Settings;
  /** What it told before a checkpoint that it was loaded from. */
  readonly events: readonly RunEvent[];
  /** Whether it goes on with the same bits as it would have where it was saved. */
  readonly exact: boolean;
  readonly parameters: number;
  /** Parameters that a token uses. */
  readonly activated: number;
  readonly threads: number;
}
