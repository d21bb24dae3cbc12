/** The part of WebGPU that is asked for here; its own types differ between libraries. */
interface WebGpu {
  requestAdapter(): Promise<{ readonly info: AdapterInfo } | null>;
}

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** A WebGPU adapter that answers. */
export interface Adapter {
  /** What it is, in its driver's words. */
  readonly name: string;
  /** Whether it computes on the CPU. */
  readonly software: boolean;
}

/** Dawn, where it was loaded: it must outlive its devices. */
let dawn: WebGpu | null = null;

/**
 * The adapter that GPU.js will use. Node has no WebGPU of its own: there npm's `webgpu` (Dawn) gives it.
 *
 * @throws Error that says why there is none
 */
export async function findAdapter(): Promise<Adapter> {
  const adapter = await (await webGpu()).requestAdapter();
  if (!adapter) throw new Error("WebGPU finds no adapter");
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = [description, vendor, architecture, device].filter((part) => part).join(", ");
  return { name, software: isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name) };
}

/** Makes WebGPU known where GPU.js looks for it: `navigator.gpu`. */
export async function installWebGpu(): Promise<void> {
  if (present()) return;
  if (typeof navigator === "undefined")
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  Object.defineProperty(navigator, "gpu", { value: await webGpu(), configurable: true });
}

async function webGpu(): Promise<WebGpu> {
  const here = present();
  if (here) return here;
  if (typeof process === "undefined" || !process.versions?.node) throw new Error("there is no navigator.gpu here");
  if (!dawn) {
    const { create } = await import("webgpu");
    dawn = create([]);
  }
  return dawn;
}

function present(): WebGpu | null {
  return (typeof navigator !== "undefined" && (navigator as { gpu?: WebGpu }).gpu) || null;
}
