/** Reports of training runs. */
export {};
