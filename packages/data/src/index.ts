/** Data sets, loaders that resume exactly, packing, NumPy files. */
export {};
