/** Storage dtypes: 16-bit floats and 8-bit integers occupy memory as such, and compute as float32 and int32. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  Device,
  type DType,
  defaultDevice,
  dtypes,
  parameter,
  realize,
  setDefaultDevice,
  tensor,
  variable,
} from "../src/index.ts";
import { narrow } from "../src/io/data.ts";
import "../src/backends/reference/index.ts";

const storage = ["bfloat16", "float16", "int8", "uint8"] as const;

const special = [
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  65504,
  65520,
  2 ** -24,
  2 ** -25,
];
const values: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.constantFrom(...special), fc.float(), fc.double({ min: -300, max: 300, noNaN: true })),
  { minLength: 1, maxLength: 40 },
);

const outer = defaultDevice();

describe.each(["reference", "wasm"])("on %s", (name) => {
  const device = setDefaultDevice(new Device(name, { threads: 2 }));
  afterAll(async () => {
    setDefaultDevice(outer);
    await device.close();
  });
  const onDevice = (title: string, body: () => Promise<unknown>): void =>
    it(title, async () => {
      setDefaultDevice(device);
      await body();
    });

  onDevice("a cast rounds to nearest even, or wraps, as the host does", async () => {
    await fc.assert(
      fc.asyncProperty(values, fc.constantFrom(...storage), async (numbers, dtype) => {
        const x = tensor(Float32Array.from(numbers));
        const cast = await x.cast(dtype).data();
        const host = narrow(await x.cast(dtypes[dtype].compute).data(), dtype);
        expect(cast).toEqual(host);
      }),
    );
  });

  onDevice("rounding happens in the middle of a plan too: fusing changes no bit", async () => {
    await fc.assert(
      fc.asyncProperty(values, fc.constantFrom(...storage), async (numbers, dtype) => {
        const x = tensor(Float32Array.from(numbers)).mul(1.1).keep();
        const stored = await x.cast(dtype).data();
        const apart = tensor(stored, { dtype }).mul(3).add(1);
        const fused = x.cast(dtype).mul(3).add(1);
        expect(await fused.data()).toEqual(await apart.data());
      }),
    );
  });

  onDevice("a variable keeps the dtype of its initial value, and occupies its bytes", async () => {
    const x = tensor(Array.from({ length: 4096 }, (_, i) => i % 100));
    for (const dtype of storage) {
      await realize();
      const before = device.stats().liveBytes;
      const place = variable(x.cast(dtype), { name: dtype });
      await realize();
      expect(place.dtype).toBe(dtype);
      expect(device.stats().liveBytes - before).toBe(4096 * dtypes[dtype].bytes);
      expect(await place.mul(2).sum().item()).toBe(2 * (await x.sum().item()));
      place.dispose();
    }
  });

  onDevice("an assignment is in the variable's dtype; what is read in the same plan is what is stored", async () => {
    const place = variable(tensor([1, 2]).cast("bfloat16"), { name: "half" });
    expect(() => place.assign(tensor([1, 2]))).toThrow(/"half" is bfloat16, the value is float32; cast it first/);
    place.assign(place.mul(1.001).add(0.001).cast("bfloat16"));
    const doubled = place.mul(2);
    const [now, twice] = [await place.array(), await doubled.array()];
    expect(twice).toEqual((now as number[]).map((value) => 2 * value));
    expect(now).toEqual([1, 2]);
  });

  onDevice("a number fills a storage variable, and what is read in the same plan is what is stored", async () => {
    const half = variable(tensor([1, 2]).cast("bfloat16"));
    half.assign(1.001);
    const twice = half.mul(2);
    expect([await half.array(), await twice.array()]).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const byte = variable(tensor([1]).cast("int8"), { name: "byte" });
    byte.assign(-7);
    expect(await byte.item()).toBe(-7);
    expect(() => byte.assign(128)).toThrow('assign to "byte": 128 is no int8');
  });

  onDevice("a frozen base in bfloat16 under a trained adapter in float32", async () => {
    const base = variable(
      tensor([
        [1, 2],
        [3, 4],
      ]).cast("bfloat16"),
    );
    const adapter = parameter(tensor([[0.5], [0.25]]));
    tensor([[1, 1]])
      .matmul(base)
      .matmul(adapter)
      .sum()
      .backward();
    expect(await adapter.grad?.array()).toEqual([[4], [6]]);
  });

  onDevice("a bfloat16 parameter has a float32 gradient", async () => {
    const half = parameter(tensor([1, 2]).cast("bfloat16"));
    half
      .mul(tensor([3, 4]))
      .sum()
      .backward();
    expect(half.grad?.dtype).toBe("float32");
    expect(await half.grad?.array()).toEqual([3, 4]);
    const x = parameter(tensor([1.01, 2]));
    x.cast("float16").square().sum().backward();
    expect(await x.grad?.select(0, 0).item()).toBeCloseTo(2.02, 3);
  });

  onDevice("numbers are rounded by tensor(), and array(), item() and show() give numbers", async () => {
    const half = tensor([1.5, 1 / 3], { dtype: "float16" });
    expect(await half.data()).toEqual(Uint16Array.of(0x3e00, 0x3555));
    expect(await half.array()).toEqual([1.5, 0.333251953125]);
    expect(await half.select(0, 1).item()).toBe(0.333251953125);
    expect(await tensor([0.5, -2], { dtype: "bfloat16" }).show()).toBe("[ 0.5 -2. ]");
    expect(String(tensor([0.5], { dtype: "bfloat16" }))).toContain("[0.5]");
    expect(tensor(Uint8Array.of(1, 200)).dtype).toBe("uint8");
    expect(await tensor(Uint8Array.of(1, 200)).add(100).array()).toEqual([101, 300]);
  });

  it.each<[DType, number]>([
    ["int8", 128],
    ["uint8", -1],
  ])("%s does not hold %d", (dtype, value) => {
    expect(() => tensor([value], { dtype })).toThrow(`tensor: ${value} (element 0) is no ${dtype}`);
  });
});
