/** A field's name as checkpoints write it: `kvAProjWithMqa` → `kv_a_proj_with_mqa`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? "" : "_") + letter.toLowerCase());
}

/** `outer.name`, or the name alone where there is no outer path. */
export function join(outer: string, name: string): string {
  return outer === "" ? name : `${outer}.${name}`;
}
