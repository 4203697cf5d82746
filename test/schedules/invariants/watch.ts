import type { CallRecord } from "../../fakes/opennebula/call-log.ts";
import {
  CONFIRMED,
  EVENT_TIME,
  JOB,
  REMEMBERED,
  SHA512,
  SUPERSEDED_BY,
} from "../../../functions/shared/lineage/attributes.ts";
import { newerOf } from "../../../functions/shared/lineage/lineage.ts";
import type { Wish } from "../site/administrator.ts";
import type { CallWatcher, Request } from "../site/front-end.ts";
import { usableImage, viewImages, type ImageView } from "../site/images.ts";
import type { Site } from "../site/site.ts";
import type { RecordedEvent } from "../site/hook-recorder.ts";
import { expectationOf } from "./expectation.ts";
import type { Violation } from "./violation.ts";
import { whoSeesMore } from "./visibility.ts";

/** One call that changed something, with all that was before and after it. */
interface Change {
  readonly call: CallRecord;
  readonly by: string;
  readonly before: readonly ImageView[];
  readonly after: readonly ImageView[];
  readonly lastConfirmed: ReadonlyMap<number, string>;
  /** When images took the NAME last before this call, in virtual time. */
  readonly namedAt: ReadonlyMap<number, number>;
  /** When the call was sent. */
  readonly askedAt: number;
}

/** Looks whether the invariants hold that must hold at any time: after each call of ours that can change something. */
export class Watch implements CallWatcher {
  readonly violations: Violation[] = [];
  readonly #site: Site;
  readonly #expireUnknown: "keep" | "expire";
  #before: readonly ImageView[] = [];
  /** What images said of their confirmation when they lost the NAME. */
  readonly #lastConfirmed = new Map<number, string>();
  /** As of `Change`. */
  readonly #namedAt = new Map<number, number>();

  constructor(site: Site, expireUnknown: "keep" | "expire") {
    this.#site = site;
    this.#expireUnknown = expireUnknown;
  }

  before(): void {
    this.#before = viewImages(this.#site.frontEnd.world);
  }

  after(call: CallRecord, { by, askedAt }: Pick<Request, "by" | "askedAt">): void {
    const after = viewImages(this.#site.frontEnd.world);
    const change = {
      call,
      by,
      before: this.#before,
      after,
      lastConfirmed: this.#lastConfirmed,
      namedAt: this.#namedAt,
      askedAt,
    };
    this.#site.trace(() => `${by}: ${call.method} ${JSON.stringify(call.args).slice(0, 300)}`);
    for (const check of [noneIsMoreVisible, noneIsLost, noOlderTakesOver, oneHasTheName]) {
      const what = check(change, this.#site, this.#expireUnknown);
      if (what !== undefined) {
        this.violations.push({
          invariant: check.name,
          what: `${what} (${by}: ${call.method} ${JSON.stringify(call.args).slice(0, 200)})`,
        });
        this.#site.trace(() => `VIOLATION ${check.name}: ${what}`);
      }
    }
    for (const { id, name, identifier } of after) {
      const was = this.#before.find((image) => image.id === id);
      if (name === identifier && was?.name !== name) {
        this.#namedAt.set(id, call.at);
      }
    }
    for (const { id, name, identifier } of this.#before) {
      const isNow = after.find((image) => image.id === id);
      if (name === identifier && isNow?.name !== name) {
        this.#lastConfirmed.set(id, isNow?.attribute(CONFIRMED) ?? "");
      }
    }
  }
}

type Check = (change: Change, site: Site, expireUnknown: "keep" | "expire") => string | undefined;

/**
 * No call of ours lets anybody see an image who could not before and whom its administrator has not let in.
 *
 * One exception: when an image's restoration and its retirement meet, the former can give it back to its former owner after the
 * latter has given it oneadmin's 700, for OpenNebula knows no compare-and-set. The next look undoes that; at rest nothing is left of it.
 */
const noneIsMoreVisible: Check = ({ before, after }, { administrator }) => {
  for (const image of after) {
    const old = before.find(({ id }) => id === image.id);
    const formerOwner = /^uid=(\d+)/.exec(image.attribute(REMEMBERED) ?? "")?.[1];
    const isGivenBack =
      image.attribute(SUPERSEDED_BY) !== undefined &&
      image.mode === "700" &&
      image.uid === Number(formerOwner);
    const [more, ...otherwise] = wishesFor(image.identifier ?? "", administrator).map((wish) =>
      whoSeesMore(image, old, wish, administrator.untouched.uid),
    );
    if (!isGivenBack && more !== undefined && !otherwise.includes(undefined)) {
      return `image ${image.id} ${image.name} is open to ${more}`;
    }
  }
  return undefined;
};

/**
 * What the administrator wants of an identifier's image. When she has deleted it, its rights went with it: the next one gets those of
 * the one that expired last, or those that were read when it was announced.
 */
function wishesFor(identifier: string, administrator: Site["administrator"]): readonly Wish[] {
  const wish = administrator.wish(identifier);
  return administrator.deleted.has(identifier)
    ? [wish, ...administrator.formerWishes(identifier)]
    : [wish];
}

/**
 * No call of ours takes away the usable image of an identifier that is endorsed, unless it is the first of the two renames of a swap:
 * then a complete successor waits; and that successor is not deleted as long as it is needed.
 */
const noneIsLost: Check = ({ call, before, after }, site, expireUnknown) => {
  for (const identifier of site.identifiers) {
    if (usableImage(after, identifier) !== undefined) {
      continue;
    }
    const events = site.vmcatcher.events.filter((event) => event.identifier === identifier);
    if (expectationOf(events, new Set(), expireUnknown).kind === "none") {
      continue;
    }
    const lost = usableImage(before, identifier);
    const waiting = successor(after, identifier);
    if (lost !== undefined && waiting === undefined && !isBeingExpired(lost, events)) {
      return `${identifier} has lost its image ${lost.id}, and nothing takes its place`;
    }
    const wasWaiting = successor(before, identifier);
    // When she has deleted the image herself, one is needed only where it was to take the place of an older one.
    const isRetired = before.some(
      (image) =>
        image.identifier === identifier &&
        image.oneState === "superseded" &&
        (!site.administrator.deleted.has(identifier) ||
          image.attribute(SUPERSEDED_BY) === wasWaiting?.attribute(JOB)),
    );
    if (
      call.method === "one.image.delete" &&
      lost === undefined &&
      isRetired &&
      wasWaiting !== undefined &&
      waiting === undefined &&
      !before.some(
        (image) =>
          image.identifier === identifier &&
          (image.oneState === "expired" || isRenamedByHand(image, site)),
      )
    ) {
      return `${identifier} has no image, and ${wasWaiting.id} that was to take the place is deleted`;
    }
  }
  return undefined;
};

/** Whether she has renamed the live image: that is its identifier's, though it has not the NAME. */
function isRenamedByHand({ id, oneState }: ImageView, { administrator }: Site): boolean {
  return oneState === "live" && administrator.renamed.has(id);
}

/** The complete image that is to take an identifier's place. */
function successor(images: readonly ImageView[], identifier: string): ImageView | undefined {
  return images.find(
    (image) =>
      image.identifier === identifier &&
      image.oneState === "pending" &&
      ["READY", "DISABLED", "USED"].includes(image.state),
  );
}

/** An expiry was under way when a new announcement came; it may have left the retiring to the last step of the image's own job. */
function isBeingExpired(image: ImageView, events: readonly RecordedEvent[]): boolean {
  const by = image.attribute(SUPERSEDED_BY);
  const isOwnJobs = by === image.attribute(JOB);
  return events.some(
    ({ jobId, what, eventTime }) =>
      what.kind === "expired" && (jobId === by || (isOwnJobs && eventTime === image.eventTime)),
  );
}

/**
 * No image takes the NAME whose event is older than that of the image which had it, unless vmcatcher's index can be read and names its
 * content: then the index decides and no time does, since clocks can be wrong (guards.ts). An old message can come when the image
 * of the newer one has been deleted by hand. And a confirmation that is written when the image has lost the NAME comes too late to
 * keep it: who writes it sees that, and starts afresh. What has taken the NAME since the call was sent nobody could know of; who sent
 * it sees that, and gives the NAME back.
 */
const noOlderTakesOver: Check = (change, site) => {
  const { call, before, after, lastConfirmed, namedAt, askedAt } = change;
  if (call.method !== "one.image.rename") {
    return undefined;
  }
  const [id, name] = call.args;
  const image = after.find((one) => one.id === id);
  if (image === undefined || name !== image.identifier || image.name !== name) {
    return undefined;
  }
  const was = before.find((one) => one.id === id);
  const timeOf = (other: ImageView): string => {
    const confirmed = other.name === name ? undefined : lastConfirmed.get(other.id);
    return confirmed === undefined
      ? other.eventTime
      : newerOf(confirmed, other.attribute(EVENT_TIME) ?? "");
  };
  const newer = after.find(
    (other) =>
      other.identifier === image.identifier &&
      other.oneState !== "pending" && // it has not had the NAME yet, and will take it
      (namedAt.get(other.id) ?? askedAt) <= askedAt &&
      timeOf(other) > image.eventTime,
  );
  const isNamedByIndex =
    !site.isIndexHidden && site.vmcatcher.names(name, image.attribute(SHA512) ?? "");
  return newer === undefined ||
    isNamedByIndex ||
    was?.name === name ||
    site.administrator.renamed.has(image.id)
    ? undefined
    : `image ${image.id} has the NAME, though ${newer.id} is newer`;
};

/** No call of ours gives the NAME to a second image of an identifier. */
const oneHasTheName: Check = ({ before, after }, site) => {
  for (const identifier of site.identifiers) {
    const named = (images: readonly ImageView[]) =>
      images.filter(
        (image) =>
          image.identifier === identifier && image.name === identifier && image.state !== "DELETE",
      );
    const [one, two] = named(after);
    if (two !== undefined && named(before).length < 2) {
      return `images ${one?.id} and ${two.id} are both named ${identifier}`;
    }
  }
  return undefined;
};
