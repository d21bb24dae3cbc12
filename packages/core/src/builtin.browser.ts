export const builtin: typeof process.getBuiltinModule | null = null;
