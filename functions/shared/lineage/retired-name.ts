import type { Config } from "../settings/config.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { IDENTIFIER } from "../../job/identifier.ts";
import { zoneLabel } from "../time/zone-label.ts";

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

// The labels of tzdata, of which ChST (Guam) alone has a small letter. An older build wrote -0300 for -03.
const TIMESTAMP = /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_[+-]\d{4}-(?:ChST|[A-Z]{2,5}|[+-]\d\d(?:\d\d)?)/;

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

function two(value: number): string {
  return String(value).padStart(2, "0");
}
