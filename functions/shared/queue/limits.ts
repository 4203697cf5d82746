import { GiveUp } from "../step/errors.ts";
import type { DeadLetterReason, Outgoing } from "./queue.ts";

/**
 * A message that was handed out more often than this goes to the dead letters. It is the greatest number that SQS
 * takes, since an outage of days must not end there; only a message that kills its worker each time gets so far.
 */
export const MAX_RECEIVES = 1000;

/** How long a deduplication id is remembered: what SQS does, and cannot be told otherwise. */
export const DEDUPLICATION_SECONDS = 300;

const MAX_LEASE_SECONDS = 43_200; // SQS's longest lease and longest hiding
const MAX_WAIT_SECONDS = 20; // SQS's longest poll
const MAX_REASON_CHARACTERS = 1000; // an operator reads it; and it counts towards the size of the dead letter

// SQS counts body and attributes together up to 1 MiB; the difference leaves room for the reason of a dead letter.
const MAX_BODY_BYTES = 1_048_576 - 16_384;

// SQS allows these for groups and deduplication ids; a blank passes in some of its emulators and not in others.
const printable = /^[\x21-\x7e]{1,128}$/;

// Outside of what SQS takes as text: XML's characters. Lone surrogates match too.
const refusedCharacters = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/**
 * Checks a message by what all implementations can carry, so that it fits all of them or none.
 * @throws GiveUp `message-refused`: the same message will never fit
 */
export function checkOutgoing(message: Outgoing): void {
  if (!printable.test(message.group)) {
    refuse(`the group ${JSON.stringify(message.group)} is not 1 to 128 printable ASCII characters`);
  }
  if (!printable.test(message.deduplicationId)) {
    refuse(
      `the deduplication id ${JSON.stringify(message.deduplicationId)} is not 1 to 128 printable ASCII characters`,
    );
  }
  if (message.trace !== undefined && !printable.test(message.trace)) {
    refuse("the trace is not 1 to 128 printable ASCII characters");
  }
  const bytes = Buffer.byteLength(message.body);
  if (bytes === 0 || bytes > MAX_BODY_BYTES) {
    refuse(`the body has ${bytes} bytes, not 1 to ${MAX_BODY_BYTES}`);
  }
}

/** Checks the times of a receive. @throws RangeError for a mistake of the caller */
export function checkReceive(options: { waitSeconds: number; leaseSeconds: number }): void {
  checkSeconds("waitSeconds", options.waitSeconds, 0, MAX_WAIT_SECONDS);
  checkSeconds("leaseSeconds", options.leaseSeconds, 1, MAX_LEASE_SECONDS);
}

/** Checks how long a message is to be hidden. @throws RangeError for a mistake of the caller */
export function checkVisibility(seconds: number): void {
  checkSeconds("seconds", seconds, 0, MAX_LEASE_SECONDS);
}

/** The reason as all implementations can keep it: no refused character, no empty text, at most 1000 characters each. */
export function storableReason(reason: DeadLetterReason): DeadLetterReason {
  return {
    code: storableText(reason.code),
    text: storableText(reason.text),
    step: storableText(reason.step),
    time: storableText(reason.time),
    attempts: reason.attempts,
  };
}

/** JSON text with its refused characters (U+FFFE, U+FFFF; others cannot stand in JSON unescaped) written as escapes. */
export function storableJson(body: string): string {
  return body.replaceAll(
    refusedCharacters,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function storableText(text: string): string {
  const cut = text.slice(0, MAX_REASON_CHARACTERS); // may halve a surrogate pair; the half is replaced here:
  return cut.replaceAll(refusedCharacters, "\uFFFD") || "-";
}

function checkSeconds(name: string, value: number, minimum: number, maximum: number): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name} is ${value}, not a whole number from ${minimum} to ${maximum}`);
  }
}

function refuse(problem: string): never {
  throw new GiveUp("message-refused", `no queue takes this message: ${problem}`);
}
