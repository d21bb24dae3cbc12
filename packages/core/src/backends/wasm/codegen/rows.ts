/** The loops around the rows: each thread walks its own contiguous part of them. */
import type { DType } from "../../../dtype.ts";
import { dtypes } from "../../../dtype.ts";
import type { Local, Value } from "../emit/index.ts";
import { i32, select } from "../emit/index.ts";
import type { KernelContext } from "./evaluate.ts";

type Scalar = Value<"i32">;

/** Bytes of an element; an index counts in elements. */
export function elementBytes(storage: DType | "index"): number {
  return storage === "index" ? 1 : dtypes[storage].bytes;
}

export class Rows {
  readonly #context: KernelContext;
  /** The coordinates of the present row. */
  readonly #coordinates: readonly Local<"i32">[];
  /** For each operand the place of the row's first element. */
  readonly pointers: readonly Local<"i32">[];

  constructor(context: KernelContext) {
    this.#context = context;
    const { structure, f } = context;
    this.#coordinates = Array.from({ length: structure.loops }, () => f.local("i32"));
    this.pointers = structure.operands.map(() => f.local("i32"));
  }

  /** Runs `row` for each row of this thread; `before` comes once, where there is any. */
  forEach(thread: Scalar, threads: Scalar, before: () => void, row: () => void): void {
    const { f, words } = this.#context;
    const units = f.let(this.#word(words.units));
    const share = f.let(i32.divU(units, threads));
    const rest = f.let(i32.remU(units, threads));
    const larger = select(i32.ltU(thread, rest), thread, rest);
    const unit = f.let(i32.add(i32.mul(share, thread), larger));
    const count = f.let(i32.add(share, i32.ltU(thread, rest)));
    f.if(count, () => {
      this.#start(unit);
      before();
      f.loop((again) => {
        row();
        f.set(count, i32.sub(count, 1));
        f.if(count, () => {
          this.#next(this.#coordinates.length - 1);
          f.br(again);
        });
      });
    });
  }

  /** Elements of the present row's stretch of the vector axis. */
  stretchLength(): Scalar {
    const { structure, words } = this.#context;
    const inner = this.#word(words.inner);
    if (structure.stretchLoop < 0) return inner;
    return this.#clipped(inner, this.#word(words.stretch), structure.stretchLoop);
  }

  /** Elements that are reduced to one result of the present row. */
  reducedLength(): Scalar {
    const { structure, words } = this.#context;
    const loop = structure.reduction?.blockLoop ?? -1;
    const block = this.#word(words.block);
    return loop < 0 ? block : this.#clipped(this.#word(words.length), block, loop);
  }

  /** What the loop's present piece of `size` elements holds of `total`. */
  #clipped(total: Scalar, size: Scalar, loop: number): Scalar {
    const { f } = this.#context;
    const piece = f.let(size);
    const left = f.let(i32.sub(total, i32.mul(this.#coordinates[loop], piece)));
    return select(i32.ltU(left, piece), left, piece);
  }

  /** Coordinates and pointers of a row by its number. */
  #start(unit: Scalar): void {
    const { f, structure, words } = this.#context;
    const rest = f.let(unit);
    for (let loop = structure.loops - 1; loop > 0; loop--) {
      const extent = this.#word(words.extent(loop));
      f.set(this.#coordinates[loop], i32.remU(rest, extent));
      f.set(rest, i32.divU(rest, extent));
    }
    if (structure.loops > 0) f.set(this.#coordinates[0], rest);
    structure.operands.forEach((operand, o) => {
      const steps = operand.outer
        ? this.#coordinates.map((c, loop) => i32.mul(c, this.#word(words.stride(o, loop))))
        : [];
      f.set(
        this.pointers[o],
        steps.reduce((sum, step) => i32.add(sum, step), this.#word(words.base(o))),
      );
    });
  }

  /** Goes on to the next row: like an odometer, from the last loop to the first. */
  #next(loop: number): void {
    if (loop < 0) return;
    const { f, words } = this.#context;
    const coordinate = this.#coordinates[loop];
    f.advance(coordinate, 1);
    this.#move((o) => this.#word(words.stride(o, loop)));
    if (loop === 0) return;
    f.if(i32.eq(coordinate, this.#word(words.extent(loop))), () => {
      this.#move((o) => i32.sub(0, i32.mul(coordinate, this.#word(words.stride(o, loop)))));
      f.set(coordinate, 0);
      this.#next(loop - 1);
    });
  }

  #move(by: (operand: number) => Scalar): void {
    this.#context.structure.operands.forEach((operand, o) => {
      if (operand.outer) this.#context.f.advance(this.pointers[o], by(o));
    });
  }

  /** A word that is needed too seldom for a local. */
  #word(index: number): Scalar {
    return i32.load(this.#context.args, 4 * index);
  }
}
