import { strict as assert } from "node:assert";
import type {
  Delivery,
  DeadLetterReason,
  Outgoing,
  Queue,
} from "../../functions/shared/queue/queue.ts";

let sent = 0;

/** A message like no other; its body is the text as JSON. */
export function outgoing(text: string, group = "group"): Outgoing {
  return { body: JSON.stringify(text), group, deduplicationId: `${process.pid}-${++sent}` };
}

export async function send(queue: Queue, group: string, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    await queue.send(outgoing(text, group));
  }
}

/** Receives a message that must be there. */
export async function take(
  queue: Queue,
  options: { leaseSeconds?: number; waitSeconds?: number } = {},
): Promise<Delivery> {
  const delivery = await queue.receive({ waitSeconds: 5, leaseSeconds: 60, ...options });
  assert.ok(delivery, "a message was expected");
  return delivery;
}

/** Asserts that nothing can be received now. */
export async function nothing(queue: Queue): Promise<void> {
  assert.equal((await queue.receive({ waitSeconds: 0, leaseSeconds: 60 }))?.body, undefined);
}

/** Receives and removes until nothing is left; the texts in the order of delivery, which several drains may share. */
export async function drain(queue: Queue, texts: string[] = []): Promise<readonly string[]> {
  for (;;) {
    const delivery = await queue.receive({ waitSeconds: 1, leaseSeconds: 60 });
    if (delivery === undefined) {
      return texts;
    }
    texts.push(textOf(delivery));
    await queue.remove(delivery);
  }
}

export function textOf({ body }: { readonly body: string }): string {
  return String(JSON.parse(body));
}

export function reason(text: string): DeadLetterReason {
  return {
    code: "bad-image",
    text,
    step: "convert-image",
    time: "2026-01-02T03:04:05.678Z",
    attempts: 3,
  };
}
