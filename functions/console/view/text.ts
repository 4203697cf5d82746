import { html } from "hono/html";

/** Escaped markup, as `html` makes it. */
export type Html = ReturnType<typeof html>;

/**
 * Text from outside, for a place in the page. Lists are written by strangers: what cannot be seen or turns the direction of
 * the text around becomes visible, and what is too long is cut. It can still run from right to left, so it is isolated.
 */
export function foreign(text: string, limit = 120): Html {
  return html`<bdi>${printable(text, limit)}</bdi>`;
}

/** The same for an attribute or a title, which know no markup. */
export function printable(text: string, limit = 120): string {
  if (text.length <= limit && PLAIN.test(text)) {
    return text;
  }
  const cut = text.length > limit ? `${text.slice(0, limit).toWellFormed()}…` : text;
  return cut.replaceAll(/\s+/g, " ").replaceAll(UNSEEN, "\u{FFFD}").toWellFormed();
}

/** What nearly all texts are; a page has thousands of them. */
const PLAIN = /^[!-~]*(?: [!-~]+)*$/;

/** Controls, unassigned and private characters, and format characters: bidirectional overrides, joiners, tags. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu;

/** `3.2 GiB`. */
export function bytes(count: number): string {
  const step = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  const value = count / 1024 ** step;
  return `${value.toFixed(step === 0 || value >= 100 ? 0 : 1)} ${UNITS[step] ?? ""}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `3 h 20 min`: the two largest units, or one when the second does not matter. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) {
    return `${whole} s`;
  }
  if (whole < HOUR) {
    return `${Math.floor(whole / MINUTE)} min`;
  }
  if (whole < DAY) {
    const minutes = Math.floor((whole % HOUR) / MINUTE);
    return `${Math.floor(whole / HOUR)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
  }
  return `${Math.floor(whole / DAY)} d`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago something was, as seen at `now`; both ISO 8601. What is no time is shown as it is. */
export function ago(time: string, now: string): Html {
  const seconds = (Date.parse(now) - Date.parse(time)) / 1000;
  if (Number.isNaN(seconds)) {
    return foreign(time, 40);
  }
  const text = seconds < MINUTE ? "just now" : `${duration(seconds)} ago`;
  return html`<time title="${localTime(time)}">${text}</time>`;
}

/** A point in time, in this machine's time zone. */
export function dateTime(time: string): Html {
  return html`<time datetime="${time}">${localTime(time)}</time>`;
}

/** The same of today: the date is left to who asks for it. */
export function clockTime(time: string): Html {
  return html`<time datetime="${time}" title="${localTime(time)}"
    >${localTime(time).slice(-8)}</time
  >`;
}

const FORMAT = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" }); // as ISO 8601 writes it

function localTime(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? printable(time, 40) : FORMAT.format(at);
}

/** `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
