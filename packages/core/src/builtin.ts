/**
 * Gives Node's own modules, without an import that a browser's bundler would try to follow; `null` elsewhere. Bundlers for
 * browsers take `builtin.browser.ts` instead ("browser" in package.json), and leave out what stands behind a test of it.
 */
export const builtin: typeof process.getBuiltinModule | null =
  (typeof process === "undefined" ? null : process.getBuiltinModule) ?? null;
