import { quoted, refusal } from "./refusal.ts";

/**
 * A reference must stay in the archive, however it is written.
 * @returns it decoded
 * @throws GiveUp `ovf-external-ref`
 */
export function checkedHref(href: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(href);
  } catch {
    decoded = href; // a bare % in a name that is not encoded
  }
  for (const form of [href, decoded]) {
    if (
      form === "" ||
      /^[a-z][a-z0-9+.-]*:/i.test(form) ||
      form.startsWith("/") ||
      form.split(/[/\\]/).includes("..") ||
      /[\p{Cc}\\]/u.test(form)
    ) {
      throw refusal(
        "ovf-external-ref",
        `the OVF refers to ${quoted(href)}, which is not in the archive`,
      );
    }
  }
  return decoded;
}
