/** A length of time for a person, in its greatest unit: `45 s`, `3 min`, `5 h`, `12 d`. */
export function duration(seconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= size) ?? ["s", 1];
  return `${Math.floor(Math.max(0, seconds) / length)} ${unit}`;
}

/** How long ago an ISO 8601 time is; empty for none and for what is no time. */
export function age(time: string | undefined, now: string): string {
  const seconds = (Date.parse(now) - Date.parse(time ?? "")) / 1000;
  return Number.isNaN(seconds) ? "" : duration(seconds);
}

/** `12.3 MB/s`; empty when it is not known. */
export function rate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "" : `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
] as const;
