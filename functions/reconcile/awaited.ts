import { DOWNLOAD_TRIES } from "../shared/vmcatcher/downloads.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./plan.ts";

/** Images that vmcatcher wants and does not have. Without its database, those whose download it has begun are known. */
export function judgeAwaited({
  endorsements,
  subscriptions,
  downloads,
  lineages,
}: Evidence): readonly Finding[] {
  const wanted =
    "images" in subscriptions
      ? [...subscriptions.images.values()].filter(({ endorsed }) => endorsed)
      : [...(downloads?.tries.keys() ?? [])].map((identifier) => ({
          identifier,
          title: undefined,
        }));
  return wanted
    .filter(({ identifier }) => !endorsements.images.has(identifier))
    .map(({ identifier, title }): Finding => {
      const lineage = lineages.get(identifier);
      const live = lineage !== undefined && "live" in lineage ? lineage.live : undefined;
      const meanwhile =
        live === undefined
          ? "there is no image meanwhile"
          : `image ${live.id} stays live meanwhile`;
      const tries = downloads?.tries.get(identifier) ?? 0;
      const subject = {
        identifier,
        title: title ?? live?.attributes.get("VMCATCHER_EVENT_DC_TITLE"),
      };
      return tries >= DOWNLOAD_TRIES
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
