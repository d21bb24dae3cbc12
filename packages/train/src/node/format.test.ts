import { expect, it } from "vitest";
import { clock, count } from "./format.ts";

it("clocks", () => {
  expect([0, 59.6, 61, 3599, 3600, 36_061].map(clock)).toEqual([
    "0:00",
    "1:00",
    "1:01",
    "59:59",
    "1:00:00",
    "10:01:01",
  ]);
});

it("counts", () => {
  expect(count(1234567)).toBe("1,234,567");
});
