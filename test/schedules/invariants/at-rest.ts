import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DISABLE, JOB } from "../../../functions/shared/lineage/attributes.ts";
import type { DeadLetter } from "../../../functions/shared/queue/queue.ts";
import type { Schedule } from "../schedule.ts";
import { viewImages, type ImageView } from "../site/images.ts";
import { jobIdOf } from "../site/job-id.ts";
import type { Site } from "../site/site.ts";
import { isHopeless } from "./hopeless.ts";
import { expectationOf, type Expectation } from "./expectation.ts";
import { liveHasNewestContent, oneImageIsLive } from "./live-image.ts";
import type { Rested } from "./rested.ts";
import type { Violation } from "./violation.ts";

/** Looks whether everything is as it must be when all work is done, no VM runs and nobody changes anything. */
export function checkAtRest(
  site: Site,
  { expireUnknown, janitor }: Pick<Schedule, "expireUnknown" | "janitor">,
): readonly Violation[] {
  const dead = site.broker.all().flatMap((queue) => queue.dead());
  const violations: Violation[] = [];
  const note = (check: { readonly name: string }, found: readonly string[]): void => {
    violations.push(...found.map((what) => ({ invariant: check.name, what })));
  };
  note(everyEventHasEnded, everyEventHasEnded(site, dead));
  note(deadLettersHaveReasons, deadLettersHaveReasons(site, dead));
  note(nothingIsLeftOver, nothingIsLeftOver(site, dead, janitor));
  note({ name: "noProcessFails" }, site.accidents);
  const images = viewImages(site.frontEnd.world).filter(isThere);
  const givenUp = new Set(dead.map(({ body }) => jobIdOf(body)));
  for (const identifier of site.identifiers) {
    const own = images.filter((image) => image.identifier === identifier);
    const live = own.filter(
      (image) =>
        image.name === identifier ||
        (site.administrator.renamed.has(image.id) && image.oneState === "live"),
    );
    const events = site.vmcatcher.events.filter((event) => event.identifier === identifier);
    const rested = {
      site,
      identifier,
      events,
      hasJanitor: janitor !== "absent",
      live,
      expected: endorsed(site, identifier, expectationOf(events, givenUp, expireUnknown)),
      others: own.filter((image) => !live.includes(image)),
    };
    for (const check of [
      oneImageIsLive,
      liveHasNewestContent,
      liveHasItsRights,
      othersAreLockedAway,
      liveSaysSo,
      nothingIsPending,
    ]) {
      note(check, check(rested));
    }
  }
  return violations;
}

/** One whose deletion oned has begun before it ended has all its attributes, but nobody can use it, and nobody else can go on. */
function isThere({ state }: Pick<ImageView, "state">): boolean {
  return state !== "DELETE";
}

/** What was dropped from the list when the record of the cache was lost is not endorsed, but vmcatcher never says so. */
function endorsed(site: Site, identifier: string, expected: Expectation): Expectation {
  return expected.kind === "live" && !site.vmcatcher.endorses(identifier)
    ? { kind: "no newer" }
    : expected;
}

/** The rights of the live image are those that its administrator last gave it; only a deleted owner cannot get it back. */
function liveHasItsRights({ live, identifier, site }: Rested): readonly string[] {
  const [image] = live;
  const { administrator, frontEnd } = site;
  if (image === undefined || administrator.deleted.has(identifier)) {
    return [];
  }
  const wish = administrator.wish(identifier);
  const uids = frontEnd.world.users.has(wish.uid)
    ? [wish.uid]
    : [wish.uid, administrator.untouched.uid];
  const found: string[] = [];
  if (!uids.includes(image.uid) || image.gid !== wish.gid || image.mode !== wish.mode) {
    found.push(
      `image ${image.id} is ${image.uid}:${image.gid} ${image.mode}, not ${wish.uid}:${wish.gid} ${wish.mode}`,
    );
  }
  if ((image.state === "DISABLED") !== wish.disabled) {
    found.push(`image ${image.id} is ${image.state}, wished is disabled=${wish.disabled}`);
  }
  return found;
}

/** Every earlier image is oneadmin's, 700, renamed, disabled, and says that it is superseded or expired. */
function othersAreLockedAway({ others, site }: Rested): readonly string[] {
  return others
    .filter((image) => image.oneState !== "pending" && !site.administrator.renamed.has(image.id))
    .flatMap((image) => {
      const { id, name, uid, gid, mode, state, oneState } = image;
      const isRight =
        uid === 0 &&
        gid === 0 &&
        mode === "700" &&
        state === "DISABLED" &&
        (oneState === "superseded" || oneState === "expired") &&
        image.attribute(DISABLE) === undefined;
      return isRight ? [] : [`image ${id} ${name} (${oneState}) is ${uid}:${gid} ${mode} ${state}`];
    });
}

/** The live image says that it is. */
function liveSaysSo({ live }: Rested): readonly string[] {
  return live
    .filter(({ oneState }) => oneState !== "live")
    .map(({ id, name, oneState }) => `image ${id} ${name} says that it is ${oneState}`);
}

/**
 * No image of ours waits for anything. Without a janitor a second image of a job may: an allocate that nobody waits for any more can
 * make one when its job is over.
 */
function nothingIsPending({ live, others, hasJanitor }: Rested): readonly string[] {
  const all = [...live, ...others];
  const isSecond = (image: ImageView): boolean =>
    all.some((other) => other.id < image.id && other.attribute(JOB) === image.attribute(JOB));
  return all
    .filter((image) => image.oneState === "pending" || image.name.includes(".pending."))
    .filter((image) => hasJanitor || !isSecond(image))
    .map(({ id, name, state, oneState }) => `image ${id} ${name} is ${state}, ${oneState}`);
}

/** Each event went through to the end of the chain, or lies in a dead-letter queue. */
function everyEventHasEnded(site: Site, dead: readonly DeadLetter[]): readonly string[] {
  const ended = new Set(
    [...site.broker.queue("restore-permissions").removed, ...dead.map(({ body }) => body)].map(
      jobIdOf,
    ),
  );
  return site.vmcatcher.events
    .filter(({ jobId }) => !ended.has(jobId))
    .map(({ identifier, what, jobId }) => `${what.kind} ${jobId} of ${identifier} is lost`);
}

/**
 * A dead letter tells why it is one. After the administrator has removed what was in the way and replayed it, only those are left
 * that no replay helps.
 */
function deadLettersHaveReasons(site: Site, dead: readonly DeadLetter[]): readonly string[] {
  return dead
    .filter((letter) => !isHopeless(letter, site))
    .map(
      ({ body, reason }) =>
        `${jobIdOf(body)} is dead: ${reason?.code ?? "no reason"} ${reason?.text ?? ""}`,
    );
}

/** Spool and staging hold nothing but what belongs to a dead letter; without a janitor, also what a crash has left of a conversion. */
function nothingIsLeftOver(
  { config }: Site,
  dead: readonly DeadLetter[],
  janitor: Schedule["janitor"],
): readonly string[] {
  const spool = ["new", "tmp", "bad"].flatMap((part) =>
    namesIn(join(config.spoolDirectory, part)).map((name) => `spool/${part}/${name}`),
  );
  const needed = dead.map(({ body }) => body);
  const staged = namesIn(config.stagingDirectory)
    .filter((name) => janitor !== "absent" || name.startsWith("pin-"))
    .filter((name) => !needed.some((body) => body.includes(name.split(".")[0] ?? name)))
    .map((name) => `staging/${name}`);
  return [...spool, ...staged].map((path) => `${path} is left over`);
}

function namesIn(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
