import type { ReplaySession } from "./session.ts";

/** Brings a session to where the recorded one was. */
export type Step = (session: ReplaySession) => Promise<void> | void;

/** From here on the recorded session was that of another fresh install. */
export const SECOND_INSTALL = "image_info_clone";

/** What the recorded session did between its recorded calls, by the name of the call that comes next. */
export const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  [
    "grouppool",
    ({ simulator }) => {
      const group = simulator.createGroup("grp2");
      simulator.createUser("bob", "bobpw", group);
    },
  ],
  ["allocate_ok_xml_template", ({ simulator }) => simulator.allowCreate(100)],
  ["image_info_ready", async ({ finish }) => finish()],
  [
    "err_allocate_xml_malformed",
    async ({ allocate }) => void (await allocate(`NAME="x"\n${RAW}\nDESCRIPTION="ends with \\"\n`)),
  ],
  ["err_allocate_no_space", ({ simulator }) => simulator.setFreeMb(1, 64_090)],
  ["image_info_error", async ({ finish }) => finish()],
  [
    "image_info_error_md5",
    async ({ allocate, finish }) => {
      await allocate(`NAME="badmd5"\n${RAW}\nMD5="00000000000000000000000000000000"\n`);
      await finish();
    },
  ],
  [
    "enable_false_ok",
    async ({ allocate, finish }) => {
      await allocate(`NAME="dis"\n${RAW}\n`);
      await finish();
    },
  ],
  [
    "vm_allocate",
    async ({ simulator, allocate, finish }) => {
      simulator.createDatastore("dummysys", { type: "SYSTEM" });
      simulator.createDatastore("dummyimg");
      await allocate(`NAME="used"\n${RAW}\n`, DUMMY);
      await allocate(`NAME="usedp"\n${RAW}\nPERSISTENT="YES"\n`, DUMMY);
      await finish();
    },
  ],
  [
    "image_info_locked_http",
    async ({ simulator, allocate }) => {
      await allocate(`NAME="lk"\n${slowPath("x")}\n`, DUMMY);
      simulator.startVm(await allocate(`NAME="lku"\n${slowPath("y")}\n`, DUMMY));
      simulator.startVm(await allocate(`NAME="lkup"\n${slowPath("z")}\nPERSISTENT="YES"\n`, DUMMY));
    },
  ],
  [
    "image_info_owner_deleted",
    async ({ simulator, allocate, finish }) => {
      const zed = simulator.createUser("zed", "zedpw", 100);
      await allocate(`NAME="zimg"\n${RAW}\n`, { session: "zed:zedpw" });
      await finish();
      simulator.deleteUser(zed);
    },
  ],
  [
    "user_quota_set",
    async ({ allocate }) =>
      void (await allocate(`NAME="mine"\n${RAW}\n`, { session: "alice:alicepw" })),
  ],
  [
    "err_chown_quota",
    async ({ call, allocate }) => {
      await call("one.user.quota", 2, 'DATASTORE=[ID="1",IMAGES="1",SIZE="-2"]');
      await allocate(`NAME="yours"\n${RAW}\n`);
    },
  ],
  ["err_zone_disabled", ({ simulator }) => simulator.setZoneDisabled(true)],
  [
    "err_ha_election",
    ({ simulator }) => {
      simulator.setZoneDisabled(false);
      simulator.setElection(true);
    },
  ],
  [
    SECOND_INSTALL,
    async ({ call, allocate, finish }) => {
      await allocate('NAME="cl"\nPATH="/var/tmp/images/sparse.img"\nPERSISTENT="YES"\n');
      await finish();
      await call("one.image.clone", 0, "clc");
    },
  ],
  [
    "image_info_lookalike_attributes",
    async ({ allocate, finish }) => {
      await allocate(`NAME="cu"\n${RAW}\nID="99"\nNAME2="x"\nSTATE="3"\nUID="5"\n`);
      await finish();
    },
  ],
]);

const RAW = 'PATH="/var/tmp/images/raw5m.img"';

/** The datastore `dummyimg` of the recorded session. */
const DUMMY = { datastoreId: 101 };

function slowPath(letter: string): string {
  return `PATH="http://127.0.0.1:8099/slow2/${letter}1795339630/12/3000000"`;
}
