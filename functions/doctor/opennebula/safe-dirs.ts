import type { Datastore } from "../../shared/opennebula/opennebula.ts";
import { error, ok, type Check, type Verdict } from "../check.ts";
import { usableDatastores } from "../datastores.ts";
import { resolvePath } from "../resolve-path.ts";

/** Whether OpenNebula copies images from staging. It looks at this only in the copy, and the image ends in ERROR. */
export const safeDirs: Check = {
  name: "safe-dirs",
  looksAt: "SAFE_DIRS and RESTRICTED_DIRS of the datastores against staging",
  look: async (site) => {
    // oned's driver compares what `readlink -f` makes of the path.
    const path = await resolvePath(site.config.stagingDirectory);
    return (await usableDatastores(site)).map((datastore) => judge(datastore, path));
  },
};

/** Restricted whatever the datastore says (fs/cp of OpenNebula). */
const ALWAYS_RESTRICTED = ["/var/lib/one", "/etc/one"];

function judge({ id, name, attributes }: Datastore, staging: string): Verdict {
  const safe = directories(attributes.get("SAFE_DIRS"));
  const restricted = [...directories(attributes.get("RESTRICTED_DIRS")), ...ALWAYS_RESTRICTED];
  const [allows] = safe.filter((directory) => staging.startsWith(directory));
  const [forbids] = restricted.filter((directory) => staging.startsWith(directory));
  if (allows !== undefined || forbids === undefined) {
    return ok(`datastore ${id} ${name} copies from ${staging} (${allows ?? "not restricted"})`);
  }
  const seen = `datastore ${id} ${name} does not copy from ${staging}: RESTRICTED_DIRS ${forbids}, SAFE_DIRS "${safe.join(" ")}"`;
  return error(
    `${seen}; every image ends in ERROR`,
    `onedatastore update ${id}, and set SAFE_DIRS="${[...safe, staging].join(" ")}"; then vmcatcher-one replay --all`,
  );
}

function directories(attribute = ""): readonly string[] {
  return attribute.split(/\s+/).filter((directory) => directory !== "");
}
