/** Plain index arithmetic, against which ops are checked. */
import { sizeOf } from "../src/plan/view.ts";

/** All coordinates of a shape, in row-major order. */
export function coordinatesOf(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, place) => {
    const coordinates: number[] = [];
    let rest = place;
    for (const extent of [...shape].reverse()) {
      coordinates.unshift(rest % extent);
      rest = Math.floor(rest / extent);
    }
    return coordinates;
  });
}

/** The place in row-major order. */
export function placeOf(coordinates: readonly number[], shape: readonly number[]): number {
  return coordinates.reduce((place, coordinate, axis) => place * shape[axis] + coordinate, 0);
}
