import { Device } from "./device.ts";
import { type BackendOptions, checkRegistered } from "./registry.ts";

let current: Device | null = null;

/** The device of variables that are made now. */
export function defaultDevice(): Device {
  current ??= new Device("wasm");
  return current;
}

/**
 * Makes a device the process-wide default: "wasm", "reference" (after `import "@tsuki/core/reference"`), or what another
 * package registers. Variables keep the device that they were made on, except that a default which has run nothing yet is
 * exchanged with all that is on it.
 */
export function setDefaultDevice(device: string | Device, options: BackendOptions = {}): Device {
  if (device instanceof Device) {
    current = device;
  } else {
    checkRegistered(device);
    if (!current?.configure(device, options)) current = new Device(device, options);
  }
  return current;
}
