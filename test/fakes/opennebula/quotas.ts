import { CODES, OneError } from "./one-error.ts";
import { parseTemplate, type Attribute } from "./template.ts";
import { cdata, element } from "./xml-escape.ts";
import type { Group, QuotaLimit, User, World } from "./world.ts";

/** What would be added to a datastore in someone's name. */
export interface Demand {
  readonly datastoreId: number;
  readonly sizeMb: number;
}

/** @throws OneError 512 when the image does not fit. oneadmin and its group have no quota */
export function checkQuota(
  world: World,
  caller: User,
  demand: Demand,
  owner: { readonly uid: number | undefined; readonly gid: number | undefined },
): void {
  const { uid = 0, gid = 0 } = owner;
  for (const [who, id, pool, holder] of [
    ["user", uid, world.users, { uid }],
    ["group", gid, world.groups, { gid }],
  ] as const) {
    if (id !== 0) {
      const used = usage(world, demand.datastoreId, holder);
      checkOne(caller, demand, `${who} [${id}]`, pool.get(id)?.quotas, used);
    }
  }
}

/** `one.user.quota` and `one.group.quota`: `DATASTORE=[ID="1",IMAGES="2",SIZE="-2"]`. */
export function setQuotas(world: World, holder: User | Group, text: string): void {
  for (const { value } of parseTemplate(text, world.version).filter(isDatastoreVector)) {
    const limit = (name: string): number => Number(value.get(name) ?? NO_LIMIT);
    holder.quotas.set(Number(value.get("ID")), { images: limit("IMAGES"), sizeMb: limit("SIZE") });
  }
}

/** DATASTORE_QUOTA and its three siblings, which nothing here fills. */
export function renderQuotas(
  world: World,
  holder: { readonly uid: number } | { readonly gid: number },
  limits: ReadonlyMap<number, QuotaLimit>,
): string {
  const rows = [...world.datastores.keys()].map((id) => {
    const used = usage(world, id, holder);
    const limit = limits.get(id);
    if (limit === undefined && (used.images === 0 || isUnlimited(holder))) {
      return "";
    }
    const { images, sizeMb } = limit ?? { images: DEFAULT, sizeMb: DEFAULT };
    const values = {
      ID: id,
      IMAGES: images,
      IMAGES_USED: used.images,
      SIZE: sizeMb,
      SIZE_USED: used.sizeMb,
    };
    return element(
      "DATASTORE",
      Object.entries(values)
        .map(([name, value]) => cdata(name, String(value)))
        .join(""),
    );
  });
  return element("DATASTORE_QUOTA", rows.join("")) + OTHER_QUOTAS;
}

/** Usage in one datastore, of a user or of a group. */
function usage(
  world: World,
  datastoreId: number,
  holder: { readonly uid: number } | { readonly gid: number },
): QuotaLimit {
  const owned = [...world.images.values()].filter(
    (image) =>
      image.datastoreId === datastoreId &&
      ("uid" in holder ? image.uid === holder.uid : image.gid === holder.gid),
  );
  return { images: owned.length, sizeMb: owned.reduce((sum, { sizeMb }) => sum + sizeMb, 0) };
}

function checkOne(
  caller: User,
  demand: Demand,
  who: string,
  limits: ReadonlyMap<number, QuotaLimit> | undefined,
  used: QuotaLimit,
): void {
  const limit = limits?.get(demand.datastoreId);
  if (limit === undefined) {
    return;
  }
  const exceeded = (what: string, value: number): OneError =>
    new OneError(
      CODES.authorization,
      `User [${caller.id}] : ${who} limit of ${value} reached for ${what} quota in DATASTORE with ID: ${demand.datastoreId}.`,
    );
  if (limit.images >= 0 && used.images + 1 > limit.images) {
    throw exceeded("IMAGES", limit.images);
  }
  if (limit.sizeMb >= 0 && used.sizeMb + demand.sizeMb > limit.sizeMb) {
    throw exceeded("SIZE", limit.sizeMb);
  }
}

function isUnlimited(holder: { readonly uid: number } | { readonly gid: number }): boolean {
  return ("uid" in holder ? holder.uid : holder.gid) === 0;
}

function isDatastoreVector(
  attribute: Attribute,
): attribute is Attribute & { readonly value: ReadonlyMap<string, string> } {
  return attribute.name === "DATASTORE" && typeof attribute.value !== "string";
}

const DEFAULT = -1;
const NO_LIMIT = -2;

/** What follows DATASTORE_QUOTA in every answer. */
const OTHER_QUOTAS =
  element("NETWORK_QUOTA", "") + element("VM_QUOTA", "") + element("IMAGE_QUOTA", "");

/** The defaults of a fresh install: none. */
export const NO_QUOTAS = element("DATASTORE_QUOTA", "") + OTHER_QUOTAS;
