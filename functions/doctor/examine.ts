import { systemCode } from "../shared/files/system-code.ts";
import { errorText } from "../shared/log/error-text.ts";
import { error, unchecked, type Check, type Finding, type Verdict } from "./check.ts";
import type { Examination } from "./examination.ts";
import { Unavailable } from "./unavailable.ts";

/** What the doctor found. */
export interface Diagnosis {
  /** In the order of the checks; each has at least one. */
  readonly findings: readonly Finding[];
  /** Whether a check was left behind: it may hold the process (a file system that does not answer cannot be interrupted). */
  readonly abandoned: boolean;
}

/** Makes all checks at once. Each is bounded in time, and none can keep another from being made. */
export async function examine(
  checks: readonly Check[],
  site: Examination,
  limitMs = CHECK_LIMIT_MS,
): Promise<Diagnosis> {
  let abandoned = false;
  const found = checks.map(async (check) => {
    const limit = AbortSignal.timeout(limitMs);
    const late = Promise.withResolvers<never>();
    limit.addEventListener("abort", () => late.reject(new TooLate()), { once: true });
    try {
      return await Promise.race([look(check, site, limit), late.promise]);
    } catch (thrown) {
      abandoned ||= thrown instanceof TooLate;
      return [verdictOn(thrown, check, limitMs)];
    }
  });
  const verdicts = await Promise.all(found);
  const findings = verdicts.flatMap((some, index) =>
    some.map((verdict) => ({ check: checks[index]?.name ?? "", ...verdict })),
  );
  return { findings, abandoned };
}

/** An administrator is waiting. What asks another host gives up earlier, so that it can say what it asked. */
const CHECK_LIMIT_MS = 10_000;

class TooLate extends Error {}

async function look(
  check: Check,
  site: Examination,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const verdicts = [await check.look(site, signal)].flat();
  if (verdicts.length === 0) {
    throw new Error("it came to no verdict");
  }
  return verdicts;
}

function verdictOn(thrown: unknown, check: Check, limitMs: number): Verdict {
  if (thrown instanceof TooLate) {
    return error(
      `looking at ${check.looksAt} did not end within ${limitMs / 1000} s`,
      "something does not answer: a network file system, a name server, a program; `dmesg` and `mount` tell of the first",
    );
  }
  if (thrown instanceof Unavailable) {
    return unchecked(thrown.message, thrown.fix);
  }
  if (DENIED.has(systemCode(thrown))) {
    return unchecked(`not allowed to look: ${errorText(thrown)}`, "run doctor as root");
  }
  return error(
    `the check itself failed: ${errorText(thrown)}`,
    "this is a fault of vmcatcher-one: please report it with this line",
  );
}

const DENIED: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM"]);
