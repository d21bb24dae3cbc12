/** Beyond training: products with Jacobians and Hessians, and what helps to find a wrong gradient. */
export { AnomalyError, detectAnomaly } from "./anomaly.ts";
export { GradcheckError, type GradcheckOptions, gradcheck } from "./gradcheck.ts";
export { hvp, jvp, vjp } from "./vector-products.ts";
