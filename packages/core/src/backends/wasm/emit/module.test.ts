import fc from "fast-check";
import { expect, test } from "vitest";
import * as atomic from "./atomic.ts";
import * as f32x4 from "./f32x4.ts";
import * as i32 from "./i32.ts";
import { Module } from "./module.ts";
import * as v128 from "./v128.ts";

const memory = new WebAssembly.Memory({ initial: 1, maximum: 16, shared: true });
const options = { memory: { minimum: 1, maximum: 16, shared: true } };

function instantiate(module: Module): Record<string, (...args: number[]) => number> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  return instance.exports as Record<string, (...args: number[]) => number>;
}

test("loops, conditions and branches", () => {
  const module = new Module(options);
  module.export(
    "countPrimes",
    { limit: "i32" },
    (f, { limit }) => {
      const count = f.local("i32");
      const n = f.local("i32");
      f.for(n, 2, limit, 1, () =>
        f.block((composite) => {
          const divisor = f.let(i32.const(2));
          f.while(i32.leS(i32.mul(divisor, divisor), n), () => {
            f.brIf(composite, i32.eqz(i32.remS(n, divisor)));
            f.advance(divisor, 1);
          });
          f.advance(count, 1);
        }),
      );
      f.return(count);
    },
    "i32",
  );
  module.export(
    "collatz",
    { start: "i32" },
    (f, { start }) => {
      const steps = f.local("i32");
      f.loop((again) => {
        f.if(
          i32.and(start, 1),
          () => {
            f.if(i32.eq(start, 1), () => f.return(steps));
            f.set(start, i32.add(i32.mul(start, 3), 1));
          },
          () => f.set(start, i32.shrU(start, 1)),
        );
        f.advance(steps, 1);
        f.br(again);
      });
    },
    "i32",
  );
  const { countPrimes, collatz } = instantiate(module);
  expect([2, 3, 10, 100].map((limit) => countPrimes(limit))).toEqual([0, 1, 4, 25]);
  expect(collatz(27)).toBe(111);
});

test("locals of every type keep their values apart", () => {
  const module = new Module(options);
  module.export("run", { a: "i32", x: "f32" }, (f, { a, x }) => {
    const vector = f.let(f32x4.splat(x));
    const b = f.let(i32.add(a, 1));
    const doubled = f.let(f32x4.add(vector, vector));
    const c = f.let(i32.mul(b, 10));
    f.do(v128.store(0, f32x4.add(vector, doubled)));
    f.do(i32.store(16, c));
    f.do(i32.store(20, b));
  });
  const { run } = instantiate(module);
  fc.assert(
    fc.property(fc.integer({ min: -1000, max: 1000 }), (a) => {
      run(a, a / 2);
      expect(new Float32Array(memory.buffer, 0, 4)).toEqual(new Float32Array(4).fill(1.5 * a));
      expect([...new Int32Array(memory.buffer, 16, 2)]).toEqual([(a + 1) * 10, a + 1]);
    }),
  );
});

test("atomics", () => {
  const module = new Module(options);
  const operations = {
    load: atomic.load(0, 4),
    add: atomic.add(0, 5, 4),
    exchange: atomic.compareExchange(0, 12, 40, 4),
    wait: atomic.wait32(0, 40, 1000, 4),
    notify: atomic.notify(0, -1, 4),
  };
  for (const [name, value] of Object.entries(operations)) module.export(name, {}, (f) => f.return(value), "i32");
  module.export("store", { value: "i32" }, (f, { value }) => {
    f.do(atomic.store(0, value, 4));
    f.drop(atomic.load(0, 4));
  });
  const { load, add, exchange, wait, notify, store } = instantiate(module);
  store(7);
  expect(load()).toBe(7);
  expect(add()).toBe(7);
  expect([exchange(), load()]).toEqual([12, 40]);
  expect([exchange(), load()]).toEqual([40, 40]);
  expect(wait()).toBe(2);
  expect(notify()).toBe(0);
  store(3);
  expect(wait()).toBe(1);
});

test("the nonce changes the bytes, not the code; a name is exported once", () => {
  const build = (nonce: string): Uint8Array<ArrayBuffer> => {
    const module = new Module({ ...options, nonce });
    module.export("seven", {}, (f) => f.return(i32.const(7)), "i32");
    const bytes = module.toBytes();
    module.export("seven", {}, () => {});
    expect(() => new WebAssembly.Module(module.toBytes())).toThrow(/Duplicate export name/);
    return bytes;
  };
  expect(build("a")).not.toEqual(build("b"));
  const compiled = new WebAssembly.Module(build("a"));
  expect(new TextDecoder().decode(WebAssembly.Module.customSections(compiled, "nonce")[0])).toBe("a");
});
