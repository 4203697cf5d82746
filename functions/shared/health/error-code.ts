import { systemCode } from "../files/system-code.ts";

/**
 * The code of an error (`ECONNREFUSED`, `SQLITE_FULL`, `AccessDenied`), for places that are read over the network. The
 * text is for the log only: a server may say anything in it, parts of a request included.
 */
export function errorCode(error: unknown): string {
  return systemCode(error)?.slice(0, MAX_CHARACTERS) ?? "failed";
}

const MAX_CHARACTERS = 100;
