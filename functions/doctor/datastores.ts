import { chooseDatastore } from "../shared/datastore/choose-datastore.ts";
import { errorText } from "../shared/log/error-text.ts";
import type { Datastore } from "../shared/opennebula/opennebula.ts";
import type { Examination } from "./examination.ts";
import { Unavailable } from "./unavailable.ts";

/** A datastore that the settings name. */
export interface WantedDatastore {
  /** The setting, for people. */
  readonly setting: string;
  /** As the setting names it. */
  readonly wanted: string;
  /** Undefined when it cannot be used; then `problem` says why. */
  readonly datastore: Datastore | undefined;
  readonly problem: string;
}

/** All that the settings name: the default one and those of single VOs. @throws Unavailable */
export async function wantedDatastores({
  config,
  answers,
}: Examination): Promise<readonly WantedDatastore[]> {
  const datastores = await answers.datastores();
  const choices: readonly (readonly [string | undefined, string])[] = [
    [undefined, config.datastore],
    ...config.voDatastores,
  ];
  return choices.map(([vo, wanted]) => {
    const setting =
      vo === undefined ? "VMCATCHER_ONE_DATASTORE" : `VMCATCHER_ONE_VO_DATASTORES (${vo})`;
    try {
      const datastore = chooseDatastore(vo, config, datastores);
      return { setting, wanted, datastore, problem: "" };
    } catch (error) {
      return { setting, wanted, datastore: undefined, problem: errorText(error) };
    }
  });
}

/** The datastores that can be used, each once. @throws Unavailable when there is none */
export async function usableDatastores(site: Examination): Promise<readonly Datastore[]> {
  const all = (await wantedDatastores(site)).flatMap(({ datastore }) => datastore ?? []);
  if (all.length === 0) {
    throw new Unavailable("no datastore of the settings can be used", "see the check datastore");
  }
  return [...new Map(all.map((datastore) => [datastore.id, datastore])).values()];
}
