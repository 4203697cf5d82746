import type { Config } from "../settings/config.ts";
import { RetryLater } from "../step/errors.ts";
import type { Datastore } from "../opennebula/opennebula.ts";

/**
 * The datastore for a VO's images: its own where VMCATCHER_ONE_VO_DATASTORES names one, else VMCATCHER_ONE_DATASTORE.
 * @throws RetryLater when there is no such image datastore, or two of that name: the setting is wrong, not the image
 */
export function chooseDatastore(
  vo: string | undefined,
  config: Pick<Config, "datastore" | "voDatastores">,
  datastores: readonly Datastore[],
): Datastore {
  const wanted = (vo === undefined ? undefined : config.voDatastores.get(vo)) ?? config.datastore;
  const images = datastores.filter(({ type }) => type === "IMAGE");
  const matching = images.filter(({ id, name }) =>
    /^\d+$/.test(wanted) ? id === Number(wanted) : name === wanted,
  );
  const [datastore] = matching;
  if (datastore === undefined || matching.length > 1) {
    const known = images.map(({ id, name }) => `${id} ${name}`).join(", ");
    throw new RetryLater(
      `datastore ${wanted}: ${matching.length === 0 ? "no such image datastore" : "the name is not unique, use the id"}; there are: ${known}`,
    );
  }
  return datastore;
}
