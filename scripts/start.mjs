// `npm start` and `npm run example`: train in this very process (the script's `exec` replaces npm's shell, which would die
// at Ctrl-C and leave the program behind), so that signals and exit codes are the program's own.
import { fileURLToPath } from "node:url";

interruptOnce();

const { register } = await import("tsx/esm/api");
register();

const program = new URL("../examples/src/main.ts", import.meta.url);
process.argv[1] = fileURLToPath(program);
await import(program.href);

/** One Ctrl-C arrives twice, from the terminal and from npm: the program hears of the first. */
function interruptOnce() {
  const emit = process.emit;
  let last = Number.NEGATIVE_INFINITY;
  process.emit = function (event, ...values) {
    if (event === "SIGINT") {
      const now = performance.now();
      if (now - last < 250) return true;
      last = now;
    }
    return emit.call(this, event, ...values);
  };
}
