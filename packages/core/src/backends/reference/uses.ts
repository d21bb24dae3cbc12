import type { Kernel, Place } from "../../plan/plan.ts";

/** What a kernel, apart from its expressions, does at a place; `number` is any type in which sums are formed, `element` any type. */
export interface Use {
  readonly name: string;
  readonly place: Place;
  readonly shape: readonly number[];
  readonly type: "float" | "int32" | "number" | "element";
}

export interface Uses {
  readonly reads: readonly Use[];
  readonly writes: readonly Use[];
}

/** The operands and results of the kernels that have no expressions, with the shapes that they must have. */
export function usesOf(kernel: Exclude<Kernel, { kind: "map" | "reduce" }>): Uses {
  switch (kernel.kind) {
    case "matmul": {
      const { batch, m, n, k } = kernel;
      return {
        reads: [
          { name: "a", place: kernel.a, shape: [...batch, m, k], type: "float" },
          { name: "b", place: kernel.b, shape: [...batch, k, n], type: "float" },
        ],
        writes: [{ name: "c", place: kernel.c, shape: [...batch, m, n], type: "float" }],
      };
    }
    case "groupedRows": {
      const { rows, n, k, groups } = kernel;
      return {
        reads: [
          { name: "a", place: kernel.a, shape: [rows, k], type: "float" },
          { name: "b", place: kernel.b, shape: [groups, k, n], type: "float" },
          { name: "offsets", place: kernel.offsets, shape: [groups + 1], type: "int32" },
        ],
        writes: [{ name: "c", place: kernel.c, shape: [rows, n], type: "float" }],
      };
    }
    case "groupedContraction": {
      const { rows, m, n, groups } = kernel;
      return {
        reads: [
          { name: "a", place: kernel.a, shape: [rows, m], type: "float" },
          { name: "b", place: kernel.b, shape: [rows, n], type: "float" },
          { name: "offsets", place: kernel.offsets, shape: [groups + 1], type: "int32" },
        ],
        writes: [{ name: "c", place: kernel.c, shape: [groups, m, n], type: "float" }],
      };
    }
    case "attention":
    case "attentionBackward": {
      const { batch, heads, groups, queries, keys, width, valueWidth } = kernel;
      const [rows, ofOut] = [
        [batch, heads, queries],
        [batch, heads, queries, valueWidth],
      ];
      const ofInputs = {
        q: [batch, heads, queries, width],
        k: [batch, groups, keys, width],
        v: [batch, groups, keys, valueWidth],
      };
      const use = (name: string, place: Place, shape: readonly number[]): Use => ({
        name,
        place,
        shape,
        type: "float",
      });
      const reads = (["q", "k", "v"] as const).map((name) => use(name, kernel[name], ofInputs[name]));
      if (kernel.kind === "attention") {
        return { reads, writes: [use("out", kernel.out, ofOut), use("logSumExp", kernel.logSumExp, rows)] };
      }
      const given = [
        use("logSumExp", kernel.logSumExp, rows),
        use("delta", kernel.delta, rows),
        use("dOut", kernel.dOut, ofOut),
      ];
      const writes = (["q", "k", "v"] as const).map((name) => use(`d${name}`, kernel[`d${name}`], ofInputs[name]));
      return { reads: [...reads, ...given], writes };
    }
    case "scan": {
      const shape = [kernel.rows, kernel.length];
      const operands = Object.entries({ terms: kernel.terms, factors: kernel.factors });
      return {
        reads: operands.flatMap(([name, place]) => (place ? [{ name, place, shape, type: "number" }] : [])),
        writes: [{ name: "out", place: kernel.out, shape, type: "number" }],
      };
    }
    case "sort": {
      const { rows, length, k } = kernel;
      return {
        reads: [{ name: "input", place: kernel.input, shape: [rows, length], type: "number" }],
        writes: [{ name: "indices", place: kernel.indices, shape: [rows, k], type: "int32" }],
      };
    }
    case "groupBy": {
      const { length, groups } = kernel;
      return {
        reads: [{ name: "ids", place: kernel.ids, shape: [length], type: "int32" }],
        writes: [
          { name: "permutation", place: kernel.permutation, shape: [length], type: "int32" },
          { name: "offsets", place: kernel.offsets, shape: [groups + 1], type: "int32" },
        ],
      };
    }
    case "insert": {
      const { outer, length, extent, inner } = kernel;
      return {
        reads: [
          { name: "input", place: kernel.input, shape: [outer, length, inner], type: "element" },
          { name: "start", place: kernel.start, shape: [], type: "int32" },
        ],
        writes: [{ name: "out", place: kernel.out, shape: [outer, extent, inner], type: "element" }],
      };
    }
    case "segmentSum": {
      const { rows, segments, width } = kernel;
      return {
        reads: [
          { name: "input", place: kernel.input, shape: [rows, width], type: "number" },
          { name: "permutation", place: kernel.permutation, shape: [rows], type: "int32" },
          { name: "offsets", place: kernel.offsets, shape: [segments + 1], type: "int32" },
        ],
        writes: [{ name: "out", place: kernel.out, shape: [segments, width], type: "number" }],
      };
    }
  }
}
