export const builtin: typeof process.getBuiltinModule | null = null;

/** Without the import: it would split bundles, which Vite, unless told otherwise, refuses for workers. */
export async function profileIfAsked(): Promise<void> {}
