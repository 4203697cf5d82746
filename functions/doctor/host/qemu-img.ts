import { execa } from "execa";
import { packageOf } from "../../shared/disk/cage.ts";
import { findInPath } from "../../shared/files/program-path.ts";
import { error, ok, type Check } from "../check.ts";

/** qemu-img: there, new enough, and built with the formats that we take. */
export const qemuImg: Check = {
  name: "qemu-img",
  looksAt: "qemu-img, its version and its formats",
  look: async ({ env }, signal) => {
    const install = `install ${packageOf("qemu-img")}`;
    const path = await findInPath("qemu-img", env["PATH"] ?? "");
    if (path === undefined) {
      return error("qemu-img is not in PATH: no image can be converted", install);
    }
    const { stdout, shortMessage, failed } = await execa(path, ["--help"], {
      cancelSignal: signal,
      reject: false,
      stdin: "ignore",
      stderr: "ignore",
    });
    const version = /^qemu-img version (\d+)\.(\d+)\S*/m.exec(stdout);
    if (failed || version === null) {
      return error(
        `${path} does not say its version: ${shortMessage ?? "unknown text"}`,
        `${install} again`,
      );
    }
    if (!isNewEnough(Number(version[1]), Number(version[2]))) {
      return error(
        `${path} is ${version[0]}`,
        `install ${LEAST.join(".")} or newer: older ones cannot read an image inside of an OVA`,
      );
    }
    const formats = (/^Supported formats:(.*)$/m.exec(stdout)?.[1] ?? "").split(/\s+/);
    const missing = NEEDED.filter((format) => !formats.includes(format));
    return missing.length === 0
      ? ok(`${path}, ${version[0]}, with ${NEEDED.join(", ")}`)
      : error(
          `${path} was built without ${missing.join(", ")}: such images cannot be converted`,
          `${install}, complete: distributions keep some formats in packages of their own`,
        );
  },
};

const LEAST = [5, 2] as const; // the oldest that was tried
const NEEDED = ["raw", "file", "qcow2", "vmdk", "vdi", "vpc", "vhdx"];

function isNewEnough(major: number, minor: number): boolean {
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}
