import type { ReconcileDeps } from "./deps.ts";
import { judgeAwaited } from "./awaited.ts";
import { judgeDates } from "./dates.ts";
import { judgeEndorsed } from "./endorsed.ts";
import { StockUnusable, type Stock } from "../shared/endorsement/endorsement.ts";
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
 * @throws StockUnusable when nothing can be said of what vmcatcher endorses; what the spool, the queues or OpenNebula throw
 */
export async function makePlan(
  deps: ReconcileDeps,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly stock: Stock }> {
  const evidence = await gatherEvidence(deps, signal);
  const { stock, lineages } = evidence;
  const live = [...lineages.values()].filter(
    (lineage) => "ambiguous" in lineage || lineage.live !== undefined,
  ).length;
  if (stock.images.size === 0 && live > 0) {
    throw new StockUnusable(
      `vmcatcher's index ${stock.record} is empty, but ${live} images are live: nothing is concluded from it. ` +
        "If vmcatcher really endorses nothing any more, retire them by hand",
    );
  }
  const listed: Finding[] = [];
  for (const endorsement of stock.images.values()) {
    signal.throwIfAborted();
    const finding = await judgeEndorsed(endorsement, evidence);
    listed.push(...(finding === undefined ? [] : [finding]));
  }
  const unlisted = [...lineages.keys()]
    .filter((identifier) => !stock.images.has(identifier))
    .flatMap((identifier) => judgeUnlisted(identifier, evidence, deps.config.expireUnknown) ?? []);
  const findings = [...listed, ...unlisted, ...judgeAwaited(evidence), ...judgeDates(evidence)];
  const plan: Plan = {
    cacheIndex: stock.record,
    savedAt: stock.savedAt,
    endorsed: stock.images.size,
    live,
    notChecked: stock.notChecked,
    findings: options.massRetirement ? findings : holdMassRetirement(findings, live),
  };
  return { plan, stock };
}

/**
 * Enqueues the repairs of a plan, each unless vmcatcher has saved its index meanwhile.
 * @returns what was enqueued @throws StockUnusable when the index has changed; what is enqueued by then stays
 */
export async function applyPlan(
  { plan, stock }: { readonly plan: Plan; readonly stock: Stock },
  { spool, log }: Pick<ReconcileDeps, "spool" | "log">,
): Promise<readonly Finding[]> {
  const repairs = repairsOf(plan);
  for (const { kind, identifier, what, repair } of repairs) {
    if (!(await stock.isCurrent())) {
      throw new StockUnusable(
        `vmcatcher has saved its index ${plan.cacheIndex} meanwhile: look again when its run is over`,
      );
    }
    await spool.record(repair);
    log.info({ kind, identifier, what }, "repair recorded in the spool");
  }
  return repairs;
}
