import type { Config } from "../settings/config.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { IDENTIFIER } from "../../job/identifier.ts";

/**
 * The name of a superseded or expired image.
 * @param pattern with `{identifier}` and `{timestamp}`
 */
export function retiredName(pattern: string, identifier: string, at: Date): string {
  // Replacements by function: a `$&` in an identifier must stay what it is.
  return pattern
    .replace("{identifier}", () => identifier)
    .replace("{timestamp}", () => timestamp(at));
}

/** Whether a retirement has renamed the image, and not a person: she may give a live one any name. */
export function isRenamed(
  { name, attributes }: Pick<Image, "name" | "attributes">,
  config: Pick<Config, "supersededName" | "expiredName">,
): boolean {
  const identifier = attributes.get(IDENTIFIER) ?? "";
  return [config.supersededName, config.expiredName].some((pattern) =>
    isRetiredName(name, pattern, identifier),
  );
}

/** Whether a name is one that `retiredName` has made of the pattern, maybe with more behind it that keeps two apart. */
function isRetiredName(name: string, pattern: string, identifier: string): boolean {
  const [before = "", after = ""] = pattern
    .replace("{identifier}", () => identifier)
    .split("{timestamp}");
  const rest = name.startsWith(before) ? name.slice(before.length) : "";
  const stamp = TIMESTAMP.exec(rest)?.[0];
  return stamp !== undefined && rest.slice(stamp.length).startsWith(after);
}

const TIMESTAMP = /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_[+-]\d{4}-(?:[A-Z]{2,5}|[+-]\d{4})/;

/** `2014-06-04_12-54-44_+0200-CEST`: local time, its offset and its own zone label, which the predecessor mixed up (row S16). */
export function timestamp(at: Date): string {
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join("-");
  return `${date}_${time}_${offset(at)}-${zoneLabel(at)}`;
}

function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

// CLDR knows a zone's short name only in the languages of countries that use it: CEST in British English, EST in American.
const LABEL_LOCALES = ["en-GB", "en-US", "en-AU", "en-NZ", "en-ZA", "en-IN"];

function zoneLabel(at: Date): string {
  for (const locale of LABEL_LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(at);
    const label = parts.find((part) => part.type === "timeZoneName")?.value;
    if (label !== undefined && /^[A-Z]{2,5}$/.test(label)) {
      return label;
    }
  }
  return offset(at); // what the C library prints for zones without letters
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
