/** The ops that are entries of the package by themselves, since few programs need them: one line for each file of ops. */
export { einsum } from "./einsum.ts";
