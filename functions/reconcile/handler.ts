import type { ReconcileDeps } from "./deps.ts";
import { judgeAwaited } from "./awaited.ts";
import { judgeDates } from "./dates.ts";
import { judgeEndorsed } from "./endorsed.ts";
import { IndexUnusable, type Endorsements } from "../shared/vmcatcher/endorsements.ts";
import { gatherEvidence } from "./evidence.ts";
import { holdMassRetirement } from "./mass-retirement.ts";
import { repairsOf, type Finding, type Plan } from "./plan.ts";
import { judgeUnlisted } from "./unlisted.ts";

/** How far a plan may go. */
export interface PlanOptions {
  /** Retire images even if they are more than half of all that are live. */
  readonly massRetirement: boolean;
}

/**
 * Compares what vmcatcher endorses with what OpenNebula holds. Changes nothing.
 * @throws IndexUnusable when nothing can be said of what vmcatcher endorses; what the spool, the queues or OpenNebula throw
 */
export async function makePlan(
  deps: ReconcileDeps,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly endorsements: Endorsements }> {
  const evidence = await gatherEvidence(deps, signal);
  const { endorsements, lineages, subscriptions, downloads } = evidence;
  const live = [...lineages.values()].filter(
    (lineage) => "ambiguous" in lineage || lineage.live !== undefined,
  ).length;
  if (endorsements.images.size === 0 && live > 0) {
    throw new IndexUnusable(
      `vmcatcher's index ${endorsements.path} is empty, but ${live} images are live: nothing is concluded from it. ` +
        "If vmcatcher really endorses nothing any more, retire them by hand",
    );
  }
  const listed: Finding[] = [];
  for (const endorsement of endorsements.images.values()) {
    signal.throwIfAborted();
    const finding = await judgeEndorsed(endorsement, evidence);
    listed.push(...(finding === undefined ? [] : [finding]));
  }
  const unlisted = [...lineages.keys()]
    .filter((identifier) => !endorsements.images.has(identifier))
    .flatMap((identifier) => judgeUnlisted(identifier, evidence, deps.config.expireUnknown) ?? []);
  const findings = [...listed, ...unlisted, ...judgeAwaited(evidence), ...judgeDates(evidence)];
  const plan: Plan = {
    cacheIndex: endorsements.path,
    savedAt: endorsements.savedAt,
    endorsed: endorsements.images.size,
    live,
    notChecked: [
      ...("notChecked" in subscriptions ? [subscriptions.notChecked] : []),
      ...(downloads === undefined
        ? [`vmcatcher's downloads in ${deps.config.downloadDirectory}: they cannot be read`]
        : []),
      ...unreadLists(endorsements),
    ],
    findings: options.massRetirement ? findings : holdMassRetirement(findings, live),
  };
  return { plan, endorsements };
}

/**
 * Enqueues the repairs of a plan, each unless vmcatcher has saved its index meanwhile.
 * @returns what was enqueued @throws IndexUnusable when the index has changed; what is enqueued by then stays
 */
export async function applyPlan(
  { plan, endorsements }: { readonly plan: Plan; readonly endorsements: Endorsements },
  { spool, log }: Pick<ReconcileDeps, "spool" | "log">,
): Promise<readonly Finding[]> {
  const repairs = repairsOf(plan);
  for (const { kind, identifier, what, repair } of repairs) {
    if (!(await endorsements.isCurrent())) {
      throw new IndexUnusable(
        `vmcatcher has saved its index ${plan.cacheIndex} meanwhile: look again when its run is over`,
      );
    }
    await spool.record(repair);
    log.info({ kind, identifier, what }, "repair recorded in the spool");
  }
  return repairs;
}

function unreadLists({ images }: Endorsements): readonly string[] {
  const unread = [...images.values()].filter(({ listRead }) => !listRead).length;
  return unread === 0
    ? []
    : [
        `changed texts and the list's date of ${unread} images: their list in the index cannot be read, or is a newer one than vmcatcher has downloaded`,
      ];
}
