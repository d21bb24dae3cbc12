/** Four decimals, as losses are compared. JSON has `null` for what is no number. */
export function loss(value: number | null | undefined): string {
  if (value === undefined) return "–";
  return Number.isFinite(value) ? Number(value).toFixed(4) : "not finite";
}

/** `1:02:03` or `2:03`. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return "–";
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const pad = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
