import type { Evidence } from "./evidence.ts";
import type { Finding } from "./plan.ts";

/** Images that are endorsed and whose file is to be downloaded yet. */
export function judgeAwaited({ stock, lineages }: Evidence): readonly Finding[] {
  return stock.awaited.map(({ identifier, title, tries, givenUp }): Finding => {
    const lineage = lineages.get(identifier);
    const live = lineage !== undefined && "live" in lineage ? lineage.live : undefined;
    const meanwhile =
      live === undefined ? "there is no image meanwhile" : `image ${live.id} stays live meanwhile`;
    const subject = {
      identifier,
      title: title ?? live?.attributes.get("VMCATCHER_EVENT_DC_TITLE"),
    };
    return givenUp
      ? {
          ...subject,
          kind: "given-up",
          what: `vmcatcher could not download it in ${tries} tries and waits for the next list; ${meanwhile}`,
          advice:
            "look into vmcatcher's log, or at the image's URL; a new list makes it try again, and so does deleting cache.index in its download directory",
        }
      : {
          ...subject,
          kind: "awaiting-download",
          what: `vmcatcher has not downloaded it yet (${tries} tries); ${meanwhile}`,
          advice: "nothing, if vmcatcher runs; else look into its log",
        };
  });
}
