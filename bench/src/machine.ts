import { cpus, totalmem } from "node:os";

/** One line that says on what was measured. */
export function describeMachine(threads: number): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${processors.length} × ${processors[0]?.model.trim()}, ${memory} GiB, ${process.platform} ${process.arch}; ` +
    `Node ${process.versions.node} (V8 ${process.versions.v8}); ours with ${threads} threads`
  );
}
