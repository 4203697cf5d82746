import { createHash } from "node:crypto";

/**
 * Makes a W3C `traceparent` from what names the work (a job id, a message id): the same seed gives the same trace,
 * so every delivery of a message that came without one is found under one id.
 */
export function createTrace(seed: string): string {
  const hash = createHash("sha256").update(seed).digest("hex");
  return `00-${hash.slice(0, 32)}-${hash.slice(32, 48)}-01`;
}

/** Whether a text is a `traceparent` of version 00 (W3C Trace Context, section 3.2); ids of nothing but zeros are invalid. */
export function isTrace(text: string): boolean {
  return TRACE.test(text);
}

/** The trace id of a valid `traceparent`: what log lines of one job have in common. */
export function traceId(trace: string): string {
  return trace.slice(3, 35);
}

const TRACE = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
