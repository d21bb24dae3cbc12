/** Decompositions of matrices: computed in float64 on the host, outside of the graph and without gradients. */
export { type QR, qr } from "./qr.ts";
export { type SVD, svd } from "./svd.ts";
