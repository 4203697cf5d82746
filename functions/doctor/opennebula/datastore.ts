import { error, ok, type Check } from "../check.ts";
import { wantedDatastores } from "../datastores.ts";

/** Whether the datastores that the settings name exist, once, and take images. */
export const datastore: Check = {
  name: "datastore",
  looksAt: "the datastores that the settings name, and their type",
  look: async (site) => {
    const known = await site.answers.datastores();
    return (await wantedDatastores(site)).map(({ setting, wanted, datastore: found, problem }) => {
      if (found !== undefined) {
        return ok(`${found.id} ${found.name} takes images (${setting})`);
      }
      const other = known.find(
        ({ id, name, type }) => type !== "IMAGE" && (name === wanted || String(id) === wanted),
      );
      const seen =
        other === undefined ? problem : `datastore ${wanted} is of type ${other.type}, not IMAGE`;
      return error(
        `${setting}: ${seen}`,
        `set it to an image datastore by name or id (onedatastore list); the account must be allowed to use it`,
      );
    });
  },
};
