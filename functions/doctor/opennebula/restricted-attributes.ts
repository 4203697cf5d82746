import { readRegularFile } from "../../shared/files/regular-file.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import {
  CONFIRMED,
  EVENT_TIME,
  REMEMBERED,
  RESTORED,
  STATE,
  SUPERSEDED_BY,
} from "../../shared/lineage/attributes.ts";
import { IDENTIFIER } from "../../job/identifier.ts";
import { ok, unchecked, warning, type Check } from "../check.ts";

/** Whether users may edit the attributes that decide which image is the live one, and what rights it gets. */
export const restrictedAttributes: Check = {
  name: "restricted-attributes",
  looksAt: "IMAGE_RESTRICTED_ATTR in oned.conf",
  look: async ({ places: { onedConf } }, signal) => {
    const read = await unlessMissing(readRegularFile(onedConf, MAX_BYTES, signal));
    if (read === undefined) {
      return unchecked(
        `there is no ${onedConf}`,
        "run doctor on OpenNebula's front end, or name the file: --oned-conf FILE",
      );
    }
    const restricted = new Set(
      Array.from(read.toString("utf8").matchAll(RESTRICTED), ([, name = ""]) => name.toUpperCase()),
    );
    const missing = RELIED_ON.filter((name) => !restricted.has(name));
    return missing.length === 0
      ? ok(`${onedConf} keeps our attributes for administrators`)
      : warning(
          `${onedConf} lets the owner of an image change ${missing.join(", ")}`,
          `add to it: ${missing.map((name) => `IMAGE_RESTRICTED_ATTR = "${name}"`).join(" ")}, one a line, and restart oned`,
        );
  },
};

const MAX_BYTES = 2 ** 20;
const RESTRICTED = /^[ \t]*IMAGE_RESTRICTED_ATTR[ \t]*=[ \t]*"([^"\n]*)"/gim;
const RELIED_ON = [IDENTIFIER, STATE, EVENT_TIME, CONFIRMED, REMEMBERED, RESTORED, SUPERSEDED_BY];
