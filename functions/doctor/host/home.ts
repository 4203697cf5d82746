import { stat } from "node:fs/promises";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { error, ok, warning, type Check } from "../check.ts";
import { EXECUTE, obstacle, READ, WRITE } from "../obstacle.ts";
import { serviceUser } from "../vmcatcher-side.ts";

/** The directory that everything meets in. */
export const home: Check = {
  name: "home",
  looksAt: "VMCATCHER_ONE_HOME",
  look: async (site, signal) => {
    const path = site.config.home;
    const make = `install -d -o oneadmin -g oneadmin -m 0750 ${path}`;
    const found = await unlessMissing(stat(path));
    if (found === undefined) {
      return error(`${path} does not exist`, make);
    }
    if (!found.isDirectory()) {
      return error(`${path} is no directory`, `move it away, then ${make}`);
    }
    const service = await serviceUser(found, signal);
    if (service.uid === 0 && process.geteuid?.() === 0 && site.places.onedUser !== "root") {
      return warning(
        `${path} belongs to root: the service, vmcatcher and oned should all work there as another user`,
        `chown ${site.places.onedUser}: ${path}, and run the service as that user`,
      );
    }
    const refusal = await obstacle(path, service, READ | WRITE | EXECUTE);
    if (refusal !== undefined) {
      return error(refusal, `chown it to the service's user, or ${make}`);
    }
    return (found.mode & WRITE) === 0
      ? ok(`${path}, used by ${service.name}`)
      : warning(
          `${path} can be written by everybody: any user of this host could put events and images there`,
          `chmod o-w ${path}`,
        );
  },
};
