import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseAccount } from "../../../functions/shared/opennebula/account.ts";
import { parseDatastorePool } from "../../../functions/shared/opennebula/datastore.ts";
import { parseImage, parseImagePool } from "../../../functions/shared/opennebula/image.ts";
import { IMAGE_STATES } from "../../../functions/shared/opennebula/opennebula.ts";
import { decoded, documentOf, recordings } from "./recordings.ts";

const ready = documentOf("image_info_ready");

describe("an image", () => {
  test("is read whole", () => {
    assert.deepEqual(parseImage(ready), {
      id: 0,
      name: "web",
      uid: 2,
      gid: 100,
      uname: "alice",
      gname: "grp1",
      mode: "600",
      state: "READY",
      datastoreId: 1,
      datastore: "default",
      source: "/var/lib/one//datastores/1/2123d1ea55eb372a408dcdbdf45bda51",
      sizeMb: 5,
      runningVms: 0,
      registeredAt: 1795339616,
      attributes: new Map([
        ["DESCRIPTION", 'He said "hi" & <b>\nline2 \\ back ünï €'],
        ["DEV_PREFIX", "vd"],
        ["MD5", "467f89f9377028c44e9469a812f6b592"],
        ["VMCATCHER_EVENT_DC_IDENTIFIER", "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06"],
      ]),
    });
  });

  const states = {
    image_info_locked: "LOCKED",
    image_info_locked_http: "LOCKED",
    image_info_used: "USED",
    image_info_used_pers: "USED_PERS",
    image_info_locked_used: "LOCKED_USED",
    image_info_locked_used_pers: "LOCKED_USED_PERS",
    image_info_disabled: "DISABLED",
    image_info_error: "ERROR",
    image_info_error_md5: "ERROR",
    image_info_clone: "CLONE",
    image_info_delete: "DELETE",
    image_info_lock: "READY",
    image_info_owner_deleted: "READY",
    image_info_demoted: "READY",
  };
  for (const [name, state] of Object.entries(states)) {
    test(`as recorded: ${name} is ${state}`, () =>
      assert.equal(parseImage(documentOf(name)).state, state));
  }

  test("counts its VMs and tells its error", () => {
    assert.equal(parseImage(documentOf("image_info_used")).runningVms, 1);
    assert.match(
      parseImage(documentOf("image_info_error")).attributes.get("ERROR") ?? "",
      /RESTRICTED_DIRS/,
    );
  });

  test("has its mode in octal digits", () => {
    assert.equal(parseImage(documentOf("image_info_demoted")).mode, "700");
    const mixed = ready
      .replace("<GROUP_U>0", "<GROUP_U>1")
      .replace("<OTHER_A>0", "<OTHER_A>1")
      .replace("<OTHER_M>0", "<OTHER_M>1");
    assert.equal(parseImage(mixed).mode, "643");
  });

  test("is not fooled by attributes that look like its own elements", () => {
    const image = parseImage(documentOf("image_info_lookalike_attributes"));
    const { attributes } = image;
    assert.equal(image.id, 2);
    assert.notEqual(
      attributes.get("ID") ?? attributes.get("UID") ?? attributes.get("STATE"),
      undefined,
    );
    const first = ready
      .replace(/<TEMPLATE>.*<\/TEMPLATE>/s, "")
      .replace(
        "<IMAGE>",
        "<IMAGE><TEMPLATE><ID>9</ID><UID>9</UID><STATE>9</STATE><NAME>x</NAME></TEMPLATE>",
      );
    const { id, uid, state, name } = parseImage(first);
    assert.deepEqual({ id, uid, state, name }, { id: 0, uid: 2, state: "READY", name: "web" });
  });

  test("of 6.10 has no MODTIME", () => {
    assert.equal(parseImage(ready.replace(/<MODTIME>\d+<\/MODTIME>/, "")).id, 0);
  });

  test("has trimmed attributes, no empty ones and no vectors", () => {
    const template =
      "<TEMPLATE><A> x </A><B><![CDATA[\n two\twords \n]]></B><EMPTY></EMPTY><BLANK> </BLANK><C/>" +
      "<VECTOR><INNER>v</INNER></VECTOR><MIXED>m<INNER>v</INNER></MIXED><__proto__>p</__proto__><constructor>c</constructor></TEMPLATE>";
    const { attributes } = parseImage(ready.replace(/<TEMPLATE>.*<\/TEMPLATE>/s, template));
    assert.deepEqual(Array.from(attributes), [
      ["A", "x"],
      ["B", "two\twords"],
      ["__PROTO__", "p"],
      ["CONSTRUCTOR", "c"],
    ]);
  });

  test("without TEMPLATE has no attributes", () => {
    assert.equal(parseImage(ready.replace(/<TEMPLATE>.*<\/TEMPLATE>/s, "")).attributes.size, 0);
  });

  test("in an unknown state is refused by name", () => {
    for (const state of ["11", "-1"]) {
      const image = ready.replace("<STATE>1</STATE>", `<STATE>${state}</STATE>`);
      assert.throws(
        () => parseImage(image),
        new RegExp(`^Error: image 0 is in the unknown state ${state}$`),
      );
    }
  });

  test("with a missing or broken element is refused by name", () => {
    assert.throws(() => parseImage(ready.replace(/<UID>\d+<\/UID>/, "")), /<IMAGE> has no <UID>/);
    assert.throws(
      () => parseImage(ready.replace(/<SIZE>\d+/, "<SIZE>5e3")),
      /<SIZE> of <IMAGE> is not a whole number: '5e3'/,
    );
    assert.throws(
      () => parseImage(ready.replace(/<PERMISSIONS>.*<\/PERMISSIONS>/, "")),
      /no <PERMISSIONS>/,
    );
    assert.throws(
      () => parseImage("<IMAGE_POOL></IMAGE_POOL>"),
      /expected <IMAGE>, found <IMAGE_POOL>/,
    );
  });

  test("as recorded: every answer that is an image can be read", () => {
    const read = recordings
      .filter(({ name }) => name.startsWith("image_info_"))
      .map(({ name }) => parseImage(documentOf(name)).state);
    assert.equal(read.length, 17);
    assert.ok(read.every((state) => IMAGE_STATES.includes(state)));
  });
});

describe("an image pool", () => {
  const pools = {
    imagepool_empty: 0,
    imagepool_one: 1,
    imagepool_page: 3,
    imagepool_range: 3,
    imagepool_three: 3,
  };
  for (const [name, count] of Object.entries(pools)) {
    test(`as recorded: ${name} has ${count} images`, () =>
      assert.equal(parseImagePool(documentOf(name)).length, count));
  }

  test("as recorded has images of many states, newest first", () => {
    const pool = parseImagePool(documentOf("imagepool_several"));
    const ids = pool.map(({ id }) => id);
    assert.ok(pool.length > 5);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => b - a),
    );
    assert.equal(
      parseImagePool(documentOf("imagepool_mine")).every(({ uname }) => uname === "alice"),
      true,
    );
  });

  test("holds images that are read as alone", () => {
    assert.deepEqual(
      parseImagePool(`<IMAGE_POOL>${ready}${documentOf("image_info_lock")}</IMAGE_POOL>`),
      [parseImage(ready), parseImage(documentOf("image_info_lock"))],
    );
  });

  test("is readable though one image has a control character", () => {
    const bad = ready.replace("He said", "He\u0001\u001F\uFFFE said");
    assert.match(
      parseImagePool(`<IMAGE_POOL>${bad}</IMAGE_POOL>`)[0]?.attributes.get("DESCRIPTION") ?? "",
      /^He\uFFFD{3} said/,
    );
  });
});

test("datastores are read with their types", () => {
  const lies = (driver: string, id: number) => ({
    driver,
    basePath: `/var/lib/one//datastores/${id}`,
  });
  const datastores = parseDatastorePool(documentOf("datastorepool"));
  const told = datastores.map(({ id, name, type, freeMb, driver, basePath }) => ({
    id,
    name,
    type,
    freeMb,
    driver,
    basePath,
  }));
  assert.deepEqual(told, [
    { id: 2, name: "files", type: "FILE", freeMb: 64101, ...lies("fs", 2) },
    { id: 1, name: "default", type: "IMAGE", freeMb: 64090, ...lies("fs", 1) },
    { id: 0, name: "system", type: "SYSTEM", freeMb: 0, ...lies("-", 0) },
  ]);
  const image = datastores.find(({ type }) => type === "IMAGE");
  assert.equal(image?.attributes.get("SAFE_DIRS"), "/var/tmp");
  assert.equal(image?.attributes.get("RESTRICTED_DIRS"), "/");
  const unknown = documentOf("datastorepool").replace("<TYPE>1<", "<TYPE>7<");
  assert.deepEqual(
    parseDatastorePool(unknown).map(({ type }) => type),
    ["FILE", "IMAGE", "UNKNOWN"],
  );
});

test("an account has its primary group first and every group once", () => {
  assert.deepEqual(parseAccount(documentOf("user_info_self")), {
    uid: 0,
    name: "oneadmin",
    groupIds: [0],
  });
  const alice = documentOf("user_info").replace("<GROUPS>", "<GROUPS><ID>5</ID><ID>7</ID>");
  assert.deepEqual(parseAccount(alice), { uid: 2, name: "alice", groupIds: [100, 5, 7] });
});

test("as recorded: every answer is well-formed XML-RPC", () => {
  const failures = recordings.filter(
    ({ name, http_status }) => http_status === 200 && !/^(fault_|http_)/.test(name),
  );
  assert.ok(failures.length > 80);
  for (const { name } of failures) {
    assert.ok(Array.isArray(decoded(name)), name);
  }
});
