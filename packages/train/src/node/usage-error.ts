/** A command line, or a folder that it names, that cannot be followed; the message is one line that names the flag. */
export class UsageError extends Error {}
