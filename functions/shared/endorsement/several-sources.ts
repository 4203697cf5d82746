import type { Endorsement, Standing } from "./endorsement.ts";

/**
 * Several sources as one. An identifier that two of them endorse belongs to the one that stands first; it is endorsed no more only when
 * all of them are known, and none names or awaits it.
 */
export function severalSources(sources: readonly Endorsement[]): Endorsement {
  return {
    ofJob: async (job, signal) => {
      for (const source of sources) {
        const standing = await source.ofJob(job, signal);
        if (standing !== undefined) {
          return standing;
        }
      }
      return undefined;
    },
    look: async (signal) => {
      const looks = await Promise.all(sources.map((source) => source.look(signal)));
      return {
        record: looks.map(({ record }) => record).join(", "),
        isKnown: looks.every(({ isKnown }) => isKnown),
        notChecked: looks.flatMap(({ notChecked }) => notChecked),
        of: (identifier) => foremost(looks.map((look) => look.of(identifier))),
      };
    },
  };
}

function foremost(standings: readonly Standing[]): Standing {
  return (
    standings.find(({ kind }) => kind === "endorsed") ??
    standings.find(({ kind }) => kind === "awaited") ??
    standings.find(({ kind }) => kind === "unknown") ?? { kind: "not-endorsed" }
  );
}
