import { ok, warning, type Check } from "../check.ts";

/** Names of old versions contain local time; with a TZ that Node does not know they have UTC. */
export const timeZone: Check = {
  name: "time-zone",
  looksAt: "the time zone",
  look: async ({ env }) => {
    const zone = env["TZ"] ?? "";
    if (zone === "" || isKnown(zone.replace(/^:/, ""))) {
      const ours = new Intl.DateTimeFormat().resolvedOptions().timeZone;
      return ok(zone === "" ? `the system's, ${ours}` : `TZ is ${zone}`);
    }
    return warning(
      `TZ is '${zone}', which is no time zone: the names of old versions get another time than the site's`,
      "set TZ to a name such as Europe/Zurich, or unset it for the system's (the package tzdata must be installed)",
    );
  },
};

function isKnown(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}
