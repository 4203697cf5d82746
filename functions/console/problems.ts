import type { QueueOverview } from "../shared/overview/queue-overview.ts";
import type { Part, Seen } from "./shared-view.ts";
import { byStanding, isDoubtful, isUnlikeAnnounced } from "./standing.ts";

/** Something that an administrator has to look at, or should know. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** A sentence. It may hold what others wrote. */
  readonly text: string;
  /** The part of the page that says more. */
  readonly section?: string;
}

/** What is wrong, the worst first; nothing when all is well. */
export function problemsOf(seen: Seen): readonly Problem[] {
  const problems = [
    ...silent(seen),
    ...deadLetters(seen),
    ...spool(seen),
    ...stuck(seen.queues.value ?? [], seen),
    ...images(seen),
  ];
  return problems.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

const SEVERITIES = ["error", "warning"];

function* silent({ identifiers, queues, spool, conversions }: Seen): Generator<Problem> {
  const parts: readonly (readonly [string, Part<unknown>, string])[] = [
    ["OpenNebula does not answer", identifiers, "images"],
    ["The queue does not answer", queues, "flow"],
    ["The spool cannot be read", spool, "flow"],
    ["The progress of conversions cannot be read", conversions, "work"],
  ];
  for (const [what, { error }, section] of parts) {
    if (error !== undefined) {
      yield { severity: "error", text: `${what}: ${error}`, section };
    }
  }
}

function* deadLetters({ queues }: Seen): Generator<Problem> {
  const dead = (queues.value ?? []).reduce((sum, queue) => sum + queue.dead, 0);
  if (dead > 0) {
    const text = dead === 1 ? "1 dead letter waits" : `${dead} dead letters wait`;
    yield { severity: "error", text: `${text} for a decision`, section: "dead-letters" };
  }
}

function* spool({ spool: { value }, at }: Seen): Generator<Problem> {
  if (value === undefined) {
    return;
  }
  const { bad, waiting, oldest } = value;
  if (bad.length > 0) {
    const text = bad.length === 1 ? "1 event" : `${bad.length} events`;
    yield { severity: "error", text: `${text} could not be understood`, section: "bad-events" };
  }
  if (waiting > 0 && oldest !== undefined && secondsBetween(oldest, at) > UNTOUCHED_SECONDS) {
    yield {
      severity: "error",
      text: "Events wait in the spool and nobody takes them: is enqueue-event running?",
      section: "flow",
    };
  }
}

function* stuck(queues: readonly QueueOverview[], { queues: { error } }: Seen): Generator<Problem> {
  for (const { name, waiting, inFlight, oldestAgeSeconds = 0 } of error === undefined
    ? queues
    : []) {
    if (waiting > 0 && inFlight === 0 && oldestAgeSeconds > UNTOUCHED_SECONDS) {
      yield {
        severity: "error",
        text: `Messages wait for ${name} and nobody takes them: is it running?`,
        section: "flow",
      };
    }
  }
}

/** Long after a running function would have taken it. */
const UNTOUCHED_SECONDS = 300;

function* images({ identifiers: { value = [] } }: Seen): Generator<Problem> {
  const all = byStanding(value);
  const stopped = all.filter(
    ({ standing, deadLetters: letters }) => standing === "trouble" && letters.length === 0,
  ).length;
  if (stopped > 0) {
    const text = stopped === 1 ? "1 image is" : `${stopped} images are`;
    yield { severity: "error", text: `${text} in trouble`, section: "images" };
  }
  const attention = all.filter(({ standing }) => standing === "attention");
  const unlike = attention.filter(isUnlikeAnnounced).length;
  if (unlike > 0) {
    const text = unlike === 1 ? "1 image is" : `${unlike} images are`;
    yield { severity: "warning", text: `${text} not as vmcatcher wants`, section: "images" };
  }
  const doubtful = attention.filter(isDoubtful).length;
  if (doubtful > 0) {
    const text = doubtful === 1 ? "1 image is" : `${doubtful} images are`;
    yield { severity: "warning", text: `${text} doubtful`, section: "images" };
  }
}

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
