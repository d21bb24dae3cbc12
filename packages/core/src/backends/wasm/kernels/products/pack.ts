import { type FunctionBuilder, i32, type Local, type Value, type Vector, v128 } from "../../emit/index.ts";
import { minimum } from "../partition.ts";
import { addressesFrom, along } from "../place.ts";
import { type Reader, reader, type Stored } from "../stored.ts";

/**
 * Which axis of an operand lies side by side in memory: its lanes (rows of A, columns of B), its depth (k), or neither.
 */
export type Layout = "lanes" | "depth" | "strided";

/** The layout by strides in bytes, of elements of `bytes`; one of a few lanes is as good as another. */
export function layoutOf(lanes: number, laneStride: number, depthStride: number, bytes = 4): Layout {
  if (lanes > 1 && laneStride === bytes) return "lanes";
  return depthStride === bytes ? "depth" : "strided";
}

export interface PackSource {
  /** Address of lane 0 at k = 0. */
  readonly source: Local<"i32">;
  /** Bytes from one lane to the next, and from one k to the next. */
  readonly laneStride: Local<"i32">;
  readonly depthStride: Local<"i32">;
  readonly lanes: Local<"i32">;
  readonly depth: Local<"i32">;
  readonly target: Local<"i32">;
  /** How the lanes are stored; they are widened. Default float32. */
  readonly stored?: Stored;
}

/** How many panels are copied side by side where lanes lie side by side: whole cache lines of the source. */
export const PANELS_TOGETHER = 4;

/**
 * Packs lanes into panels of `width` lanes: `target[panel][k][lane]`. The last panel is filled up with zeros; nothing
 * outside the operand is read. `source` and `target` are moved.
 */
export function packPanels(f: FunctionBuilder, width: number, layout: Layout, pack: PackSource): void {
  const { source, laneStride, lanes, depth, target, stored = "float32" } = pack;
  const rest = f.let(lanes);
  const panelBytes = f.let(i32.mul(depth, width * 4));
  const packer: Packer = { f, width, panelBytes, elements: reader(f, stored), ...pack };
  const whole = (panels: number, body: () => void): void =>
    f.while(i32.geS(rest, panels * width), () => {
      body();
      f.advance(source, i32.mul(laneStride, panels * width));
      f.advance(target, i32.mul(panelBytes, panels));
      f.advance(rest, -panels * width);
    });
  f.if(depth, () => {
    if (layout === "lanes") whole(PANELS_TOGETHER, () => copyLanes(packer, PANELS_TOGETHER));
    if (layout === "lanes") whole(1, () => copyLanes(packer, 1));
    if (layout === "depth") whole(1, () => transposeLanes(packer));
    f.while(i32.gtS(rest, 0), () => {
      const valid = f.let(minimum(rest, i32.const(width)));
      copyLaneByLane(packer, 0, valid);
      f.advance(source, i32.mul(laneStride, width));
      f.advance(target, panelBytes);
      f.advance(rest, -width);
    });
  });
}

interface Packer extends PackSource {
  readonly f: FunctionBuilder;
  readonly width: number;
  readonly panelBytes: Local<"i32">;
  readonly elements: Reader;
}

/** `panels` panels of contiguous lanes, k by k. */
function copyLanes({ f, width, elements, source, depthStride, target, panelBytes }: Packer, panels: number): void {
  const from = f.let(source);
  const to = f.let(target);
  const end = f.let(i32.add(target, panelBytes));
  const starts = [to];
  for (let panel = 1; panel < panels; panel++) starts.push(f.local("i32"));
  const at = (panel: number, lane: number): number => (panel * width + lane) * elements.bytes;
  f.repeat(
    () => {
      for (let panel = 0; panel < panels; panel++) {
        if (panel > 0) f.set(starts[panel], i32.add(starts[panel - 1], panelBytes));
        let lane = 0;
        for (; lane + 4 <= width; lane += 4) {
          f.do(v128.store(starts[panel], elements.vector(from, at(panel, lane)), lane * 4));
        }
        for (; lane < width; lane++) {
          f.do(i32.store(starts[panel], elements.bits(from, at(panel, lane)), lane * 4));
        }
      }
      f.advance(from, depthStride);
      f.advance(to, width * 4);
    },
    i32.ne(to, end),
  );
}

/** One panel whose lanes each run along k: squares of 4×4 are transposed. */
function transposeLanes(packer: Packer): void {
  const { f, width, elements, source, laneStride, depth, target } = packer;
  const wholeDepth = f.let(i32.and(depth, -4));
  let lane = 0;
  for (; lane + 4 <= width; lane += 4) {
    const from = addressesFrom(f, along(source, laneStride, lane), laneStride, 4);
    const to = f.let(i32.add(target, lane * 4));
    const k = f.local("i32");
    f.for(k, 0, wholeDepth, 4, () => {
      const columns = transpose(
        f,
        from.map((address) => f.let(elements.vector(address))),
      );
      for (const [i, column] of columns.entries()) f.do(v128.store(to, column, i * width * 4));
      for (const address of from) f.advance(address, 4 * elements.bytes);
      f.advance(to, 4 * width * 4);
    });
    f.for(k, wholeDepth, depth, 1, () => {
      for (const [i, address] of from.entries()) f.do(i32.store(to, elements.bits(address), i * 4));
      for (const address of from) f.advance(address, elements.bytes);
      f.advance(to, width * 4);
    });
  }
  if (lane < width) copyLaneByLane(packer, lane, i32.const(width));
}

/** Lanes `first` … width − 1 of one panel, those from `valid` on as zeros. */
function copyLaneByLane(packer: Packer, first: number, valid: Value<"i32">): void {
  const { f, width, elements, source, laneStride, depthStride, target, panelBytes } = packer;
  const lane = f.local("i32");
  const from = f.local("i32");
  const to = f.local("i32");
  const end = f.local("i32");
  f.for(lane, first, width, 1, () => {
    f.set(from, along(source, laneStride, lane));
    f.set(to, along(target, lane, 4));
    f.set(end, i32.add(to, panelBytes));
    const copy = (element: () => Value<"i32">): void =>
      f.repeat(
        () => {
          f.do(i32.store(to, element()));
          f.advance(from, depthStride);
          f.advance(to, width * 4);
        },
        i32.ne(to, end),
      );
    f.if(
      i32.ltS(lane, valid),
      () => copy(() => elements.bits(from)),
      () => copy(() => i32.const(0)),
    );
  });
}

/** The columns of the 4×4 square whose rows are given. */
export function transpose(f: FunctionBuilder, [a, b, c, d]: readonly Vector[]): Vector[] {
  const low = [0, 4, 1, 5];
  const high = [2, 6, 3, 7];
  const acLow = f.let(v128.shuffle32(a, c, low));
  const acHigh = f.let(v128.shuffle32(a, c, high));
  const bdLow = f.let(v128.shuffle32(b, d, low));
  const bdHigh = f.let(v128.shuffle32(b, d, high));
  return [
    v128.shuffle32(acLow, bdLow, low),
    v128.shuffle32(acLow, bdLow, high),
    v128.shuffle32(acHigh, bdHigh, low),
    v128.shuffle32(acHigh, bdHigh, high),
  ];
}
