/** 0, n₁, n₁ + n₂, … */
export function cumulative(sizes: readonly number[]): number[] {
  let total = 0;
  return [
    0,
    ...sizes.map((size) => {
      total += size;
      return total;
    }),
  ];
}
