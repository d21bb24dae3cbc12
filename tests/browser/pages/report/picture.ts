import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Locator, Page } from "playwright";

/** The charts alone, and no letters: they look different, and take other places, on machines with other fonts. */
const chartsAlone = `
  header, .tiles, .bar { display: none }
  h3, figcaption { height: 20px; overflow: hidden }
  h3, figcaption, svg text { visibility: hidden }
`;

/**
 * What of each chart is drawn in another way than on a stored picture: pixels that differ by more than 40 of
 * 255 in a channel, as a share of those that are not background. Where there is no picture yet it is stored, to be looked at: to
 * have it anew, delete it.
 */
export async function differences(page: Page, file: string): Promise<Readonly<Record<string, number>>> {
  await page.addStyleTag({ content: chartsAlone });
  const grid = page.locator(".grid").first();
  const drawn = await grid.screenshot();
  if (!existsSync(file)) {
    writeFileSync(file, drawn);
    throw new Error(`${file} is new: look at it`);
  }
  const shares = await page.evaluate(compare, {
    pictures: [readFileSync(file), drawn].map((picture) => picture.toString("base64")),
    boxes: await boxesIn(grid),
  });
  if (Object.values(shares).some((share) => share > 0)) {
    writeFileSync(join(mkdtempSync(join(tmpdir(), "tsuki-picture-")), basename(file)), drawn);
  }
  return shares;
}

interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the charts are in their grid. */
function boxesIn(grid: Locator): Promise<readonly Box[]> {
  return grid.evaluate((element) => {
    const origin = element.getBoundingClientRect();
    return [...element.querySelectorAll("article")].map((article) => {
      const { x, y, width, height } = article.getBoundingClientRect();
      const name = article.querySelector(".named")?.textContent ?? "";
      return { name, x: Math.round(x - origin.x), y: Math.round(y - origin.y), width, height };
    });
  });
}

/** Runs in the page, which can decode pictures. */
async function compare({ pictures, boxes }: { pictures: readonly string[]; boxes: readonly Box[] }) {
  const bitmaps = await Promise.all(
    pictures.map(async (picture) => {
      const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
      return createImageBitmap(new Blob([bytes], { type: "image/png" }));
    }),
  );
  const pixelsOf = (bitmap: ImageBitmap, { x, y, width, height }: Box): Uint8ClampedArray => {
    const canvas = new OffscreenCanvas(width, height).getContext("2d") as OffscreenCanvasRenderingContext2D;
    canvas.drawImage(bitmap, -x, -y);
    return canvas.getImageData(0, 0, width, height).data;
  };
  const differ = (a: Uint8ClampedArray, i: number, b: Uint8ClampedArray, j: number): boolean =>
    [0, 1, 2].some((channel) => Math.abs(a[i + channel] - b[j + channel]) > 40);
  const shares = boxes.map((box): [string, number] => {
    const [stored, drawn] = bitmaps.map((bitmap) => pixelsOf(bitmap, box));
    // Inside of the card's edge.
    const background = 4 * (4 * Math.floor(box.width) + 4);
    let [ink, wrong] = [0, 0];
    for (let i = 0; i < stored.length; i += 4) {
      if (differ(stored, i, stored, background) || differ(drawn, i, drawn, background)) ink++;
      if (differ(stored, i, drawn, i)) wrong++;
    }
    return [box.name, wrong / Math.max(1, ink)];
  });
  return Object.fromEntries(shares);
}
