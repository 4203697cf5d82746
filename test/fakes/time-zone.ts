import { afterEach, beforeEach } from "node:test";

/** Lets the tests of a suite set `TZ`: it is as it was after each of them. */
export function restoreTimeZone(): void {
  let zone: string | undefined;
  beforeEach(() => {
    zone = process.env["TZ"];
  });
  afterEach(() => {
    if (zone === undefined) {
      delete process.env["TZ"];
    } else {
      process.env["TZ"] = zone;
    }
  });
}
