import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { RpcFault, RpcTransportError } from "../../../functions/shared/opennebula/rpc-errors.ts";
import { createOpenNebula } from "../../../functions/shared/opennebula/client.ts";
import type { OpenNebula } from "../../../functions/shared/opennebula/opennebula.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";
import { failure, startServer, success, type TestServer } from "./misbehaving-server.ts";
import { answerBody, documentOf } from "./recordings.ts";
import { decodeCall } from "../../fakes/opennebula/envelope-decode.ts";

const directory = await temporaryDirectory({ after });
const authFile = join(directory, "one_auth");
writeFileSync(authFile, "oneadmin:opennebula\n");
const { signal } = new AbortController();

/** A client of a server that always gives the same answers, one after the other, the last one for ever. */
async function clientOf(
  ...answers: (string | Buffer)[]
): Promise<TestServer & { one: OpenNebula }> {
  const left = [...answers];
  const server = await startServer((_, response) =>
    response.end(left.length > 1 ? left.shift() : left[0]),
  );
  return Object.assign(server, { one: createOpenNebula({ endpoint: server.url, authFile }) });
}

/** Method and parameters of a request, types shortened to their first letter. */
function calls({ requests }: TestServer): string[] {
  return requests.map((body) => {
    const method = /<methodName>(.*?)<\/methodName>/.exec(body)?.[1];
    const params = body.matchAll(
      /<value><(\w)\w*>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))<\/(?:int|string|boolean)>/gs,
    );
    return `${method}(${Array.from(params, ([, type, cdata, text]) => `${type}:${cdata ?? text}`).join(" ")})`;
  });
}

const S = "s:oneadmin:opennebula";

describe("each method sends what OpenNebula expects", () => {
  const cases: [string, string | Buffer, (one: OpenNebula) => Promise<unknown>, unknown][] = [
    [
      `one.system.version(${S})`,
      answerBody("system_version"),
      (one) => one.version(signal),
      "7.0.2",
    ],
    [
      `one.user.info(${S} i:-1)`,
      answerBody("user_info_self"),
      (one) => one.account(signal),
      { uid: 0, name: "oneadmin", groupIds: [0] },
    ],
    [
      `one.image.rename(${S} i:7 s:U old)`,
      answerBody("rename_ok"),
      (one) => one.rename(7, "U old", signal),
      undefined,
    ],
    [
      `one.image.chown(${S} i:7 i:0 i:-1)`,
      answerBody("chown_ok"),
      (one) => one.chown(7, 0, -1, signal),
      undefined,
    ],
    [
      `one.image.chmod(${S} i:7 i:1 i:1 i:1 i:0 i:0 i:0 i:0 i:0 i:0)`,
      answerBody("chmod_700_ok"),
      (one) => one.chmod(7, "700", signal),
      undefined,
    ],
    [
      `one.image.chmod(${S} i:7 i:1 i:1 i:0 i:1 i:0 i:0 i:0 i:1 i:1)`,
      answerBody("chmod_700_ok"),
      (one) => one.chmod(7, "643", signal),
      undefined,
    ],
    [
      `one.image.enable(${S} i:7 b:0)`,
      answerBody("enable_false_ok"),
      (one) => one.enable(7, false, signal),
      undefined,
    ],
    [
      `one.image.delete(${S} i:7 b:1)`,
      answerBody("delete_ok"),
      (one) => one.delete(7, true, signal),
      undefined,
    ],
    [
      `one.image.update(${S} i:7 s:<TEMPLATE><A>x</A></TEMPLATE> i:1)`,
      answerBody("update_append_ok"),
      (one) => one.append(7, new Map([["A", "x"]]), signal),
      undefined,
    ],
    [
      `one.image.allocate(${S} s:<TEMPLATE><NAME>U</NAME><TYPE>OS</TYPE><PATH>/s/U</PATH><PERSISTENT>NO</PERSISTENT></TEMPLATE> i:1)`,
      success(42),
      (one) =>
        one.allocate({ name: "U", path: "/s/U", datastoreId: 1, attributes: new Map() }, signal),
      42,
    ],
  ];
  for (const [call, answer, act, wanted] of cases) {
    test(call, async () => {
      await using server = await clientOf(answer);
      assert.deepEqual(await act(server.one), wanted);
      assert.deepEqual(calls(server), [call]);
    });
  }

  test("one.image.update empties an attribute by an empty CDATA section", async () => {
    await using server = await clientOf(answerBody("update_append_ok"));
    await server.one.append(7, new Map([["A", ""]]), signal);
    const [, , template] = decodeCall(Buffer.from(server.requests[0] ?? "")).params;
    assert.deepEqual(template, {
      type: "string",
      value: "<TEMPLATE><A><![CDATA[]]></A></TEMPLATE>",
    });
  });

  test("nothing for no attributes", async () => {
    await using server = await clientOf(answerBody("update_append_ok"));
    await server.one.append(7, new Map(), signal);
    assert.deepEqual(server.requests, []);
  });

  test("nothing for what cannot be sent", async () => {
    await using server = await clientOf(success(1));
    const { one } = server;
    await assert.rejects(one.chmod(7, "8", signal), TypeError);
    await assert.rejects(one.append(7, new Map([["PATH", "x"]]), signal), TypeError);
    await assert.rejects(
      one.allocate({ name: "", path: "/x", datastoreId: 1, attributes: new Map() }, signal),
      TypeError,
    );
    await assert.rejects(one.rename(7, "\u0001", signal), TypeError);
    assert.deepEqual(server.requests, []);
  });
});

describe("an image", () => {
  test("that exists is returned", async () => {
    await using server = await clientOf(answerBody("image_info_ready"));
    assert.equal((await server.one.image(0, signal))?.name, "web");
    assert.deepEqual(calls(server), [`one.image.info(${S} i:0)`]);
  });

  test("that is gone is undefined", async () => {
    await using server = await clientOf(answerBody("err_info_missing"));
    assert.equal(await server.one.image(99_999, signal), undefined);
  });

  test("is not gone because something else is missing or not allowed", async () => {
    for (const answer of [
      answerBody("err_info_missing"), // of 99999, while 7 was asked for
      failure("[one.image.info] Error getting user [7].", 1024, 7),
      failure("[one.image.info] Error getting image Pool.", 1024),
      failure("[one.image.info] Error getting image [7].", 8192, 7),
      answerBody("err_info_no_permission"),
      answerBody("err_auth_wrong_password"),
      answerBody("fault_no_method"),
    ]) {
      await using server = await clientOf(answer);
      await assert.rejects(server.one.image(7, signal), RpcFault);
    }
  });

  test("that cannot be read is an RpcTransportError with the reason", async () => {
    await using server = await clientOf(
      success(documentOf("image_info_ready").replace("<STATE>1<", "<STATE>77<")),
    );
    await assert.rejects(server.one.image(0, signal), (error) => {
      assert.ok(error instanceof RpcTransportError);
      assert.equal(
        error.message,
        "one.image.info: the answer cannot be read: image 0 is in the unknown state 77",
      );
      return true;
    });
  });
});

test("all images that the account may use are read in pages", async () => {
  const item = documentOf("image_info_ready");
  const page = (from: number, count: number): string =>
    success(
      `<IMAGE_POOL>${Array.from({ length: count }, (_, at) => item.replace("<ID>0<", `<ID>${from - at}<`)).join("")}</IMAGE_POOL>`,
    );
  await using server = await clientOf(page(1003, 1000), page(4, 5));
  const images = await server.one.images(signal);
  assert.deepEqual(calls(server), [
    `one.imagepool.info(${S} i:-2 i:0 i:-1000)`,
    `one.imagepool.info(${S} i:-2 i:999 i:-1000)`,
  ]);
  assert.deepEqual(
    images.map(({ id }) => id),
    Array.from({ length: 1004 }, (_, at) => 1003 - at),
  );
});

test("datastores are read", async () => {
  await using server = await clientOf(answerBody("datastorepool"));
  assert.deepEqual(
    (await server.one.datastores(signal)).map(({ name }) => name),
    ["files", "default", "system"],
  );
});

test("a missing ONE_AUTH file is told by its path", async () => {
  await using server = await clientOf(success(1));
  const one = createOpenNebula({ endpoint: server.url, authFile: join(directory, "nope") });
  await assert.rejects(one.version(signal), (error) => {
    assert.ok(error instanceof RpcTransportError);
    assert.match(
      error.message,
      /^one\.system\.version at .*: the ONE_AUTH file .*nope does not exist$/,
    );
    return true;
  });
});

test("an aborted signal ends every method with its reason", async () => {
  await using server = await clientOf(success(1));
  const reason = new Error("stop");
  const stopped = AbortSignal.abort(reason);
  const { one } = server;
  for (const call of [
    one.version(stopped),
    one.images(stopped),
    one.image(1, stopped),
    one.append(1, new Map([["A", "x"]]), stopped),
    one.delete(1, false, stopped),
  ]) {
    await assert.rejects(call, (error) => error === reason);
  }
  assert.deepEqual(server.requests, []);
});
