import type { Endorsement } from "../endorsement/endorsement.ts";
import { severalSources } from "../endorsement/several-sources.ts";
import type { Config } from "../settings/config.ts";
import { vmcatcherEndorsement } from "../vmcatcher/endorsement.ts";

/** What endorses images at a site: another source has its place here. */
export function endorsementOf(config: Config): Endorsement {
  return severalSources([vmcatcherEndorsement(config)]);
}
