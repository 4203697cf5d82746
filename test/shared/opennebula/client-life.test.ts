import assert from "node:assert/strict";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RpcFault, RpcTransportError } from "../../../functions/shared/opennebula/rpc-errors.ts";
import { createOpenNebula } from "../../../functions/shared/opennebula/client.ts";
import {
  isMissing,
  isNameTaken,
  isUnavailable,
  isWrongState,
  takenBy,
} from "../../../functions/shared/opennebula/faults.ts";
import type { CallReport } from "../../../functions/shared/opennebula/rpc.ts";
import { cleanText } from "../../../functions/shared/opennebula/template.ts";
import { startOpenNebula } from "../../fakes/opennebula/simulator.ts";

const { signal } = new AbortController();

/** For assert.rejects: a refusal of that kind. */
const refusal = (kind: (fault: RpcFault) => boolean) => (error: unknown) =>
  error instanceof RpcFault && kind(error);

for (const version of ["6.10.5", "7.0.2", "7.4.0"] as const) {
  test(`an image lives its whole life in OpenNebula ${version}`, async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "one-life-")));
    const simulator = await startOpenNebula({
      directory,
      safeDirs: [directory],
      copySeconds: 0.5, // long enough for what is tried meanwhile, on a busy machine too
      deleteSeconds: 0.02,
      version,
    });
    try {
      const authFile = join(directory, "one_auth");
      await writeFile(authFile, "oneadmin:opennebula\n");
      const path = join(directory, "U.raw");
      await writeFile(path, Buffer.alloc(1024 * 1024));
      const reports: CallReport[] = [];
      const one = createOpenNebula({
        endpoint: new URL(simulator.url),
        authFile,
        onCall: (call) => reports.push(call),
      });
      const alice = simulator.createUser("alice", "pw");
      const nasty = ' say "hi"\\\r\n<PATH>/etc/shadow</PATH> ]]> 😀\u0001 \\';

      assert.equal(await one.version(signal), version);
      assert.deepEqual(await one.account(signal), { uid: 0, name: "oneadmin", groupIds: [0] });
      const datastore = (await one.datastores(signal)).find(({ type }) => type === "IMAGE");
      assert.equal(datastore?.name, "default");
      assert.deepEqual(await one.images(signal), []);

      const image = {
        name: "U.pending",
        path,
        datastoreId: 1,
        attributes: new Map([
          ["DESCRIPTION", nasty],
          ["EMPTY", ""],
        ]),
      };
      const id = await one.allocate(image, signal);
      const locked = await one.image(id, signal);
      assert.equal(locked?.state, "LOCKED");
      assert.equal(locked.attributes.get("DESCRIPTION"), cleanText(nasty));
      assert.equal(locked.attributes.has("EMPTY"), false);
      await assert.rejects(one.enable(id, false, signal), refusal(isWrongState));
      await assert.rejects(one.delete(id, false, signal), refusal(isWrongState));
      await assert.rejects(
        one.allocate(image, signal),
        refusal((fault) => takenBy(fault) === id),
      );

      await simulator.waitFor(() => simulator.images()[0]?.state === "READY");
      await one.rename(id, "U", signal);
      await one.chown(id, alice, 1, signal);
      await one.chmod(id, "640", signal);
      await one.enable(id, false, signal);
      await one.append(
        id,
        new Map([
          ["VMCATCHER_ONE_STATE", "live"],
          ["DESCRIPTION", ""],
        ]),
        signal,
      );
      const [listed] = await one.images(signal);
      assert.deepEqual(listed, await one.image(id, signal));
      const { name, uid, gid, mode, state, sizeMb } = listed ?? {};
      assert.deepEqual(
        { name, uid, gid, mode, state, sizeMb },
        { name: "U", uid: alice, gid: 1, mode: "640", state: "DISABLED", sizeMb: 1 },
      );
      assert.equal(listed?.attributes.get("VMCATCHER_ONE_STATE"), "live");
      assert.equal(listed?.attributes.has("DESCRIPTION"), false);

      const other = await one.allocate({ ...image, name: "U" }, signal);
      await assert.rejects(
        one.chown(other, alice, -1, signal),
        refusal((fault) => takenBy(fault) === id),
      );
      await assert.rejects(
        one.chown(id, 9999, -1, signal),
        refusal((fault) => isMissing(fault, "user", 9999)),
      );
      await assert.rejects(
        one.chown(id, -1, 9999, signal),
        refusal((fault) => isMissing(fault, "group", 9999)),
      );
      await assert.rejects(
        one.allocate({ ...image, datastoreId: 99 }, signal),
        refusal((fault) => isMissing(fault, "datastore")),
      );
      await assert.rejects(
        one.rename(9999, "x", signal),
        refusal((fault) => isMissing(fault, "image", 9999)),
      );
      await one.rename(id, "V", signal);
      await one.chown(id, 0, -1, signal);
      await assert.rejects(one.rename(id, "U", signal), refusal(isNameTaken));
      simulator.setElection(true);
      await assert.rejects(one.rename(id, "W", signal), refusal(isUnavailable));
      simulator.setElection(false);

      await one.delete(id, false, signal);
      await simulator.waitFor(() => !simulator.images().some((left) => left.id === id));
      assert.equal(await one.image(id, signal), undefined);

      await writeFile(authFile, "oneadmin:wrong\n");
      await assert.rejects(one.version(signal), refusal(isUnavailable));
      await simulator.stop();
      await assert.rejects(one.version(signal), RpcTransportError);

      const sent = simulator.calls().map(({ method }) => method);
      assert.deepEqual(reports.map(({ method }) => method).slice(0, sent.length), sent);
    } finally {
      await simulator.close();
      await rm(directory, { recursive: true });
    }
  });
}
