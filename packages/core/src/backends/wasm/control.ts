/** The first bytes of the memory: words that all threads share. Each lies in a cache line of its own. */

/** Threads that have come to the barrier. */
export const BARRIER_COUNT = 64;
/** Number of barriers passed: what the waiting threads watch. */
export const BARRIER_GENERATION = 128;
/** Threads that sleep at the barrier. */
export const BARRIER_SLEEPERS = 192;
/** Number of the first failed index check, plus 1. */
export const ERROR_WORD = 256;
/** Zeros, which loads read instead of an address that a guard forbids. */
export const ZEROS = 320;
/** Where the control block ends and blocks may begin. */
export const CONTROL_END = 1024;
