import { error, ok, warning, type Check } from "../check.ts";
import { usableDatastores } from "../datastores.ts";
import { gibibytes } from "../gibibytes.ts";

/** Room for the next image. Old versions stay in the datastore until somebody deletes them. */
export const datastoreSpace: Check = {
  name: "datastore-space",
  looksAt: "free space in the datastores",
  look: async (site) =>
    (await usableDatastores(site)).map(({ id, name, freeMb }) => {
      const seen = `datastore ${id} ${name} has ${gibibytes(freeMb * MIB)} free`;
      const fix = `delete old versions that no VM uses (oneimage list, state dsab), or enlarge it; OpenNebula looks again within minutes`;
      if (freeMb < TOO_LITTLE_MB) {
        return error(`${seen}: OpenNebula refuses new images`, fix);
      }
      return freeMb < LITTLE_MB ? warning(seen, fix) : ok(seen);
    }),
};

const MIB = 2 ** 20;
const TOO_LITTLE_MB = 1024;
const LITTLE_MB = 20 * 1024; // a virtual disk of 8 to 20 GiB is ordinary
