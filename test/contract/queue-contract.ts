import { after, before, describe } from "node:test";
import type { Queue, Queues } from "../../functions/shared/queue/queue.ts";
import { deadLetterBehaviours } from "./dead-letter-behaviours.ts";
import { leaseBehaviours } from "./lease-behaviours.ts";
import { orderBehaviours } from "./order-behaviours.ts";
import { sendingBehaviours } from "./sending-behaviours.ts";

/** What an implementation does otherwise than the others; each is asserted as it is, so that a change is noticed. */
export interface Deviations {
  /** `remove` after the message went to somebody else: fauxqs says ok and removes nothing. */
  readonly removeWithStaleReceipt: "lease-lost" | "ignored";
  /** `changeVisibility` after the lease has ended and before anybody else got the message: ElasticMQ and fauxqs extend it. */
  readonly extensionOfExpiredLease: "lease-lost" | "extended";
  /** A body with a character beyond U+FFFF: fauxqs refuses what AWS and ElasticMQ take. */
  readonly astralCharacters: "kept" | "refused";
}

/** What a behaviour is given. */
export interface Subject {
  /** A queue that no other test uses. */
  readonly queue: () => Promise<Queue>;
  /** Another consumer's or producer's view of the same queue, as from another process. */
  readonly other: (queue: Queue) => Promise<Queue>;
  readonly deviations: Deviations;
}

/** Runs what every queue must do over one implementation; `open` is called twice, for two independent participants. */
export function queueContract(
  name: string,
  open: () => Promise<Queues>,
  deviations: Deviations,
): void {
  describe(name, { concurrency: 16 }, () => {
    let queues: Queues;
    let others: Queues;
    let opened = 0;

    before(async () => {
      queues = await open();
      others = await open();
    });
    after(async () => {
      await queues.close();
      await others.close();
    });

    const subject: Subject = {
      queue: () => queues.open(`contract-${++opened}`),
      other: (queue) => others.open(queue.name),
      deviations,
    };
    sendingBehaviours(subject);
    orderBehaviours(subject);
    leaseBehaviours(subject);
    deadLetterBehaviours(subject);
  });
}
