import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { identifierSchema } from "../job/identifier.ts";
import { eventTime } from "../shared/lineage/lineage.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { UnseenEvent } from "../shared/spool/unseen-event.ts";
import { differenceOf } from "./difference.ts";
import type { StockedImage } from "../shared/endorsement/endorsement.ts";
import { hookTime, laterOf } from "../shared/time/event-time.ts";
import type { Evidence } from "./evidence.ts";
import { forAPerson } from "./for-a-person.ts";
import { held } from "./held.ts";
import type { Finding } from "./plan.ts";

/** What is wrong with an image that is endorsed. The repair is the event that announces it. */
export async function judgeEndorsed(
  endorsement: StockedImage,
  evidence: Evidence,
): Promise<Finding | undefined> {
  const { identifier } = endorsement;
  const subject = { identifier, title: endorsement.title };
  if (!identifierSchema.safeParse(identifier).success) {
    const what = "vmcatcher endorses it, but no image can have this name";
    return { kind: "invalid-identifier", ...subject, what, advice: "tell the list's endorser" };
  }
  const lineage = evidence.lineages.get(identifier) ?? { identifier, images: [], live: undefined };
  const undecided = forAPerson(subject, lineage);
  if (undecided !== undefined || "ambiguous" in lineage) {
    return undecided;
  }
  const difference = differenceOf(endorsement, lineage);
  if (difference === undefined) {
    return undefined;
  }
  const { resumed, ...seen } = difference;
  const trouble = await troubleWithFile(endorsement, evidence.stock.directory);
  if (trouble !== undefined) {
    const advice =
      "vmcatcher_cache -s, and then an ordinary run of it: the one notices that, the other downloads and announces it again";
    return { ...subject, ...seen, what: `${seen.what}; ${trouble}`, advice };
  }
  const time = laterOf(evidence.stock.savedAt, resumed === undefined ? "" : eventTime(resumed));
  return {
    ...subject,
    ...seen,
    repair: announcement(endorsement, time, resumed, evidence),
    held: held({ identifier, digest: endorsement.digest, time, lineage }, evidence),
  };
}

const SESSION = "VMCATCHER_EVENT_UUID_SESSION";

/**
 * The event as the hook would have recorded it. The chain makes the job's id of the session, the identifier and the checksum: the
 * session of an interrupted job gives that job's id again, and otherwise the same state of the index gives the same id.
 */
function announcement(
  { identifier, filename, variables }: StockedImage,
  time: string,
  resumed: Image | undefined,
  { stock: { directory, savedAt } }: Evidence,
): UnseenEvent {
  return {
    time: hookTime(time),
    file: join(directory, filename),
    variables: {
      ...variables,
      VMCATCHER_EVENT_TYPE: "AvailablePostfix",
      VMCATCHER_EVENT_DC_IDENTIFIER: identifier,
      VMCATCHER_EVENT_FILENAME: filename,
      VMCATCHER_CACHE_DIR_CACHE: directory,
      [SESSION]: resumed?.attributes.get(SESSION) ?? `reconcile-${savedAt}`,
    },
  };
}

async function troubleWithFile(
  { filename, sizeBytes }: StockedImage,
  directory: string,
): Promise<string | undefined> {
  if (filename.includes("/") || filename === "." || filename === "..") {
    return `${filename} is not the name of a file in the cache`;
  }
  const path = join(directory, filename);
  try {
    const found = await lstat(path);
    if (!found.isFile()) {
      return `${path} is not a regular file`;
    }
    return found.size === sizeBytes
      ? undefined
      : `${path} has ${found.size} bytes instead of ${sizeBytes}`;
  } catch {
    return `${path} is not there`;
  }
}
