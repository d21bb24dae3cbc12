/** Training runs. */
export {};
