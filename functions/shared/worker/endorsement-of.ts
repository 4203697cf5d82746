import type { Endorsement } from "../endorsement/endorsement.ts";
import { siteEndorsement } from "../endorsement/site-endorsement.ts";
import type { Config } from "../settings/config.ts";
import { vmcatcherEndorsement } from "../vmcatcher/endorsement.ts";

/** What endorses images at a site: another source has its place here. */
export function endorsementOf(config: Config): Endorsement {
  return siteEndorsement([vmcatcherEndorsement(config)]);
}
