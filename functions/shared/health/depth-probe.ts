import type { Queue, QueueDepth } from "../queue/queue.ts";
import { boundedAsk, type Answer, type AskOptions } from "./bounded-ask.ts";

/** How much lies in a queue. */
interface Depth extends QueueDepth {
  /** Of the oldest message, one that is worked on included; 0 when there is none, undefined when the queue cannot tell. */
  readonly oldestAgeSeconds: number | undefined;
}

/** A queue that may be asked at any rate. */
export interface DepthProbe {
  /** The function whose queue it is. */
  readonly function: string;
  readonly ask: () => Promise<Answer<Depth>>;
}

/** @param options.wallClock milliseconds since 1970, as queues count */
export function depthProbe(
  queue: DepthQueue,
  { wallClock = Date.now, ...options }: AskOptions & { readonly wallClock?: () => number } = {},
): DepthProbe {
  const measure = async (): Promise<Depth> => {
    const depth = await queue.depth();
    const messages = await queue.messages?.(1);
    if (messages === undefined) {
      return { ...depth, oldestAgeSeconds: undefined };
    }
    const now = wallClock();
    const sentAt = messages[0]?.sentAt ?? now;
    return { ...depth, oldestAgeSeconds: Math.max(0, now - sentAt) / 1000 }; // the clock may have been set back
  };
  return { function: queue.name, ask: boundedAsk(measure, options) };
}

/** What a probe needs of a queue. */
export type DepthQueue = Pick<Queue, "name" | "depth" | "messages">;
