/**
 * Gives Node's own modules, without an import that a browser's bundler would try to follow; `null` elsewhere. Bundlers for
 * browsers take `builtin.browser.ts` instead ("browser" in package.json), and leave out what stands behind a test of it.
 */
export const builtin: typeof process.getBuiltinModule | null =
  (typeof process === "undefined" ? null : process.getBuiltinModule) ?? null;

/** In Node the environment may ask for a profile of the whole process; resolves when that has begun. */
export async function profileIfAsked(): Promise<void> {
  if (builtin && process.env.TSUKI_PROFILE) await import("./profile/environment.ts");
}
