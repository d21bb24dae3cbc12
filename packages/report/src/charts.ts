/** Charts of training runs. */
export {};
