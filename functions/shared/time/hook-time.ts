/** A time as the hook writes it: seconds since 1970, a point and nine digits. */
export function hookTime(at: Date): string {
  const milliseconds = at.getTime();
  const nanoseconds = String((milliseconds % 1000) * 1_000_000).padStart(9, "0");
  return `${Math.floor(milliseconds / 1000)}.${nanoseconds}`;
}
