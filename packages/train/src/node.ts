/** Training runs in Node. */
export {};
