import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Whether a process trains in the folder of a run: its lock names one that runs. A killed process leaves its lock behind. */
export async function isTraining(folder: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(join(folder, "lock"), "utf8"));
    return holder > 0 && process.kill(holder, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
