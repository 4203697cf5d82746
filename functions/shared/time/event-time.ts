/*
 * Times as the chain compares them: ISO 8601, UTC, nine digits after the point, so that text order is time order. Empty is
 * older than any.
 */

/** @param nanoseconds since 1970 */
export function eventTimeOf(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / BILLION) * 1000).toISOString();
  return `${seconds.slice(0, "2014-06-04T12:54:44".length)}.${String(nanoseconds % BILLION).padStart(9, "0")}Z`;
}

/** The time of a date. */
export function eventTimeAt(date: Date): string {
  return eventTimeOf(BigInt(date.getTime()) * 1_000_000n);
}

/** The same time as the hook writes it: seconds since 1970, a point and nine digits. @throws RangeError when it is none */
export function hookTime(eventTime: string): string {
  const match = TIME.exec(eventTime);
  if (match === null) {
    throw new RangeError(`${JSON.stringify(eventTime)} is not the time of an event`);
  }
  return `${Date.parse(`${match[1]}Z`) / 1000}.${match[2]}`;
}

/** The later of two times; what is no time, since a person wrote on the image, does not count. */
export function laterOf(one: string, other: string): string {
  return TIME.test(other) && other > one ? other : one;
}

const BILLION = 1_000_000_000n;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/;
