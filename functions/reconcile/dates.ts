import type { StockedImage } from "../shared/endorsement/endorsement.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./plan.ts";

/** Endorsements whose own date is over. vmcatcher announces nothing then, and the images stay offered. */
export function judgeDates({ stock, now }: Evidence): readonly Finding[] {
  const all = [...stock.images.values()];
  const images = all
    .filter(({ expires }) => isOver(expires, now))
    .map(({ identifier, expires, title }): Finding => ({
      kind: "image-expired",
      identifier,
      title,
      what: `its endorsement ended at ${expires}`,
      advice: ADVICE,
    }));
  const lists = Map.groupBy(
    all.filter(({ listExpires }) => isOver(listExpires, now)),
    ({ list }) => list ?? "unnamed",
  );
  return [...images, ...[...lists].map(([list, members]) => expiredList(list, members))];
}

const ADVICE =
  "vmcatcher says nothing and OpenNebula goes on offering it: ask the endorser for a new list, or unsubscribe";

function expiredList(list: string, members: readonly StockedImage[]): Finding {
  return {
    kind: "list-expired",
    identifier: list,
    what: `the list of ${members.length} images ended at ${members[0]?.listExpires}`,
    advice: ADVICE,
  };
}

function isOver(date: string | undefined, now: Date): boolean {
  return date !== undefined && Date.parse(date) < now.getTime(); // what is no date is NaN, and never over
}
