/** Why a NAME is not allowed, in OpenNebula's words. @returns undefined when it is */
export function nameProblem(name: string): string | undefined {
  if (name.trim() === "") {
    return "Invalid NAME, it cannot be empty";
  }
  if (Buffer.byteLength(name) > MAX_BYTES) {
    return `Invalid NAME, max length is ${MAX_BYTES} chars`;
  }
  const found = FORBIDDEN.exec(name);
  return found === null ? undefined : `Invalid NAME, char '${found[0]}' is not allowed`;
}

/** Bytes of UTF-8, whatever the message says. */
const MAX_BYTES = 128;

const FORBIDDEN = /[&|:\\";/'#{}$<>\t\n\v\f\r]/;
