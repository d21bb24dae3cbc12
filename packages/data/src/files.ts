/** Data from disk. */
export {};
