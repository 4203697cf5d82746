import { readFileSync } from "node:fs";
import { join } from "node:path";
import { labelIn } from "./tzif.ts";

/**
 * The label of this process's time zone, as `date +%Z` prints it: `CEST`, `JST`, `-03`.
 *
 * Intl knows labels only in the languages of the countries that use them, and those of Tokyo, Moscow and many more in none. The C library
 * takes them of the files of tzdata, and so does this; a table of our own would age, and a process for each name would hold up the rest.
 * Where there is no such file, or it tells of another offset than Node uses, what Intl knows must do, or the offset.
 */
export function zoneLabel(at: Date): string {
  const label = labelOfFile(at) ?? labelOfIntl(at) ?? offsetLabel(at);
  return LABEL.test(label) ? label : offsetLabel(at);
}

// What POSIX lets a label be is allowed in the NAME of an image too.
const LABEL = /^(?:[A-Za-z]{2,6}|[+-]\d{2}(?:\d{2})?)$/;

const DIRECTORY = "/usr/share/zoneinfo";

function labelOfFile(at: Date): string | undefined {
  const zone = (process.env["TZ"] ?? "").replace(/^:/, "");
  try {
    const file = zone === "" ? "/etc/localtime" : join(DIRECTORY, zone);
    return labelIn(readFileSync(file), at.getTime() / 1000, -at.getTimezoneOffset() * 60);
  } catch {
    return undefined; // no such zone, no tzdata, or a directory
  }
}

// CLDR knows a zone's short name only in the languages of countries that use it: CEST in British English, EST in American.
const LOCALES = ["en-GB", "en-US", "en-AU", "en-NZ", "en-ZA", "en-IN"];

function labelOfIntl(at: Date): string | undefined {
  return LOCALES.map((locale) =>
    new Intl.DateTimeFormat(locale, { timeZoneName: "short" })
      .formatToParts(at)
      .find(({ type }) => type === "timeZoneName"),
  ).find((part) => /^[A-Z]{2,5}$/.test(part?.value ?? ""))?.value;
}

/** What tzdata has for zones without letters: the minutes only where there are some. */
function offsetLabel(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  const [hours, rest] = [Math.floor(size / 60), size % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  return `${minutes < 0 ? "-" : "+"}${hours}${rest === "00" ? "" : rest}`;
}
