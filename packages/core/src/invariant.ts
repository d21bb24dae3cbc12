/** A value that is there by construction. Where it is missing, the mistake is Tsuki's own, and the stack says where. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("tsuki: an internal invariant does not hold");
  return value;
}
