import type { Endorsements } from "../endorsement/endorsement.ts";
import { GiveUp } from "../step/errors.ts";
import { IDENTIFIER } from "../../job/identifier.ts";
import { contentDigest, JOB, STATE, SUPERSEDED_BY } from "../lineage/attributes.ts";
import { eventTime, isRetired, lineageOf } from "../lineage/lineage.ts";
import type { Image } from "../opennebula/opennebula.ts";
import type { ConversionOverview } from "./conversion-overview.ts";
import {
  imageOverview,
  versionOverview,
  type ImageOverview,
  type VersionOverview,
} from "./image-overview.ts";
import { inFlightOverviews, type InFlightOverview } from "./in-flight-overview.ts";
import { notesOn, type Note } from "./notes.ts";
import type { DeadLetterOverview, MessageOverview, QueueOverview } from "./queue-overview.ts";

/** Everything about one dc:identifier. */
export interface IdentifierOverview {
  readonly identifier: string;
  readonly title?: string | undefined;
  readonly vo?: string | undefined;
  /** What VMs are started from. */
  readonly live?: ImageOverview | undefined;
  /** Images that are being made and have not taken the identifier's NAME yet. */
  readonly pending: readonly ImageOverview[];
  /** What was live before, newest first. */
  readonly versions: readonly VersionOverview[];
  /** Whether vmcatcher endorses the identifier; `awaited`: it does, and has not downloaded it yet. */
  readonly endorsed: "yes" | "awaited" | "no" | "unknown";
  /** Whether the live image holds what cache.index names; absent when that cannot be told. */
  readonly current?: boolean | undefined;
  /** When the list's endorsement of the live image ends, as the list spells it. */
  readonly expires?: string | undefined;
  readonly inFlight: readonly InFlightOverview[];
  readonly deadLetters: readonly DeadLetterOverview[];
  /** What is worth knowing, in words. */
  readonly notes: readonly Note[];
}

/** What is known of all identifiers. */
export interface Known {
  /** Those of vmcatcher. */
  readonly images: readonly Image[];
  readonly queues: readonly QueueOverview[];
  readonly conversions: readonly ConversionOverview[];
  readonly endorsed: Endorsements | undefined;
}

/** Sorts by identifier what is known; each image is looked at a few times, so thousands take milliseconds. */
export function identifierOverviews(known: Known): readonly IdentifierOverview[] {
  const images = Map.groupBy(known.images, ({ attributes }) => attributes.get(IDENTIFIER) ?? "");
  const letters = Map.groupBy(
    known.queues.flatMap(({ deadLetters }) => deadLetters),
    ({ identifier }) => identifier,
  );
  const messages = Map.groupBy(
    known.queues.flatMap((queue) => queue.messages ?? []),
    ({ identifier }) => identifier,
  );
  const conversions = Map.groupBy(known.conversions, ({ identifier }) => identifier);
  const identifiers = new Set(
    [images, letters, messages, conversions].flatMap((its) => [...its.keys()]),
  );
  return [...identifiers].sort().map((identifier) =>
    identifierOverview(identifier, {
      images: images.get(identifier) ?? [],
      deadLetters: letters.get(identifier) ?? [],
      messages: messages.get(identifier) ?? [],
      conversions: conversions.get(identifier) ?? [],
      endorsed: known.endorsed,
    }),
  );
}

function identifierOverview(
  identifier: string,
  its: {
    readonly images: readonly Image[];
    readonly deadLetters: readonly DeadLetterOverview[];
    readonly messages: readonly MessageOverview[];
    readonly conversions: readonly ConversionOverview[];
    readonly endorsed: Endorsements | undefined;
  },
): IdentifierOverview {
  const { images, deadLetters, messages, conversions, endorsed } = its;
  const live = liveOf(identifier, images);
  const others = images
    .filter(({ id }) => id !== live?.id)
    .sort((a, b) => eventTime(b).localeCompare(eventTime(a)) || b.id - a.id);
  const pending = others.filter((image) => image.attributes.get(STATE) === "pending");
  const standing = endorsed?.of(identifier) ?? { kind: "unknown" };
  const current = standing.kind === "endorsed" ? standing.image : undefined;
  const view = live === undefined ? undefined : imageOverview(live);
  const newest = live ?? pending[0] ?? others[0];
  const facts = {
    live: view,
    endorsed: ENDORSED[standing.kind],
    current:
      live === undefined || current === undefined
        ? undefined
        : contentDigest(live) === current.digest,
  } as const;
  return {
    identifier,
    title:
      newest?.attributes.get("VMCATCHER_EVENT_DC_TITLE") ?? current?.title ?? conversions[0]?.title,
    vo: newest?.attributes.get("VMCATCHER_EVENT_VO"),
    ...facts,
    pending: pending.map(imageOverview),
    versions: others
      .filter((image) => !pending.includes(image))
      .map((image) => versionOverview(image, (job) => madeBy(job, images))),
    expires: live?.attributes.get("VMCATCHER_ONE_EXPIRES"),
    inFlight: inFlightOverviews({ live, pending, messages, conversions }),
    deadLetters,
    notes: notesOn({
      identifier,
      image: live,
      images,
      ...facts,
      isUnlisted: standing.kind !== "endorsed" && endorsed?.isKnown === true,
    }),
  };
}

const ENDORSED = {
  endorsed: "yes",
  awaited: "awaited",
  "not-endorsed": "no",
  unknown: "unknown",
} as const;

/** Of two images of the NAME, which stops all work on the identifier, the newer one; a note tells of the other. */
function liveOf(identifier: string, images: readonly Image[]): Image | undefined {
  try {
    return lineageOf(identifier, images).live;
  } catch (error) {
    if (!(error instanceof GiveUp)) {
      throw error;
    }
    return images.find(({ name }) => name === identifier);
  }
}

/** Not one that its own job has retired, since a newer one was live beside it. */
function madeBy(job: string, images: readonly Image[]): Image | undefined {
  return images.find((image) => image.attributes.get(JOB) === job && !isMarkedBy(image, job));
}

function isMarkedBy(image: Image, job: string): boolean {
  return isRetired(image) && image.attributes.get(SUPERSEDED_BY) === job;
}
