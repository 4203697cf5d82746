import { error, ok, type Check } from "../check.ts";

/** Whether the account may do what superseding an image takes: oneadmin, or a member of the group oneadmin. */
export const account: Check = {
  name: "account",
  looksAt: "the rights of ONE_AUTH's account",
  look: async ({ answers }) => {
    const { uid, name, groupIds } = await answers.account();
    return uid === ONEADMIN || groupIds.includes(ONEADMIN)
      ? ok(`${name} is ${uid === ONEADMIN ? "oneadmin itself" : "in the group oneadmin"}`)
      : error(
          `${name} (${uid}) is neither oneadmin nor in the group oneadmin: it may not hand old images to oneadmin, nor see all images`,
          `oneuser addgroup ${name} oneadmin, or put another account into the file ONE_AUTH`,
        );
  },
};

const ONEADMIN = 0; // uid and gid in every OpenNebula
