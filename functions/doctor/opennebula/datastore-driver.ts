import { troublesOr, warning, type Check } from "../check.ts";
import { usableDatastores } from "../datastores.ts";

/** A datastore with DRIVER converts what it gets when it has another format (CONVERT, which is on by default). */
export const datastoreDriver: Check = {
  name: "datastore-driver",
  looksAt: "DRIVER of the datastores against VMCATCHER_ONE_FORMAT",
  look: async (site) => {
    const { format } = site.config;
    const datastores = await usableDatastores(site);
    return troublesOr(
      datastores.flatMap(({ id, name, attributes }) => {
        const driver = attributes.get("DRIVER")?.toLowerCase();
        return driver === undefined || driver === format
          ? []
          : warning(
              `datastore ${id} ${name} has DRIVER=${driver}, and VMCATCHER_ONE_FORMAT is ${format}: OpenNebula converts every image once more`,
              "let both name the same format",
            );
      }),
      `no datastore converts ${format} again`,
    );
  },
};
