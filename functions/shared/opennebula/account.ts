import type { Account } from "./opennebula.ts";
import { child, children, integerOf, parseXml, textOf } from "./xml.ts";

/** Reads what `one.user.info` answers. @throws Error when it is not a user */
export function parseAccount(xml: string): Account {
  const user = parseXml(xml, "USER");
  const groups = child(user, "GROUPS");
  const others = groups === undefined ? [] : children(groups, "ID").map(({ text }) => Number(text));
  return {
    uid: integerOf(user, "ID"),
    name: textOf(user, "NAME"),
    groupIds: [...new Set([integerOf(user, "GID"), ...others])], // the primary group first
  };
}
