import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError, readConfig } from "../../../functions/shared/settings/config.ts";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

describe("settings", () => {
  it("work without any: the embedded queue, raw images, the datastore default", () => {
    const config = readConfig({ HOME: "/root" });
    assert.equal(config.queue, "sqlite");
    assert.equal(config.queueFile, "/var/lib/vmcatcher-one/queue/queue.sqlite");
    assert.equal(config.format, "raw");
    assert.equal(config.datastore, "default");
    assert.equal(config.expireUnknown, "keep");
    assert.equal(config.oneXmlrpc.href, "http://localhost:2633/RPC2");
  });

  it("an empty variable counts as not set", () => {
    assert.equal(readConfig({ VMCATCHER_ONE_DATASTORE: "" }).datastore, "default");
  });

  it("every problem is told at once, each with its name", () => {
    const problems = problemsOf({
      VMCATCHER_ONE_FORMAT: "vmdk",
      VMCATCHER_ONE_HOME: "relative/path",
      VMCATCHER_ONE_SLOTS: "0",
      ONE_XMLRPC: "ftp://x",
    });
    assert.equal(problems.length, 4);
    for (const name of [
      "VMCATCHER_ONE_FORMAT",
      "VMCATCHER_ONE_HOME",
      "VMCATCHER_ONE_SLOTS",
      "ONE_XMLRPC",
    ]) {
      assert.ok(
        problems.some((problem) => problem.startsWith(`${name}:`)),
        name,
      );
    }
  });

  it("unknown names of its own and misspelt names of vmcatcher are refused", () => {
    assert.deepEqual(problemsOf({ VMCATCHER_ONE_FROMAT: "raw", VMCATHER_CACHE_EVENT: "/x" }), [
      "VMCATCHER_ONE_FROMAT: no such setting",
      "VMCATHER_CACHE_EVENT: misspelt, write VMCATCHER_CACHE_EVENT",
    ]);
  });

  it("S15: a log setting that does not exist is told at start, before any event is touched", () => {
    assert.deepEqual(problemsOf({ VMCATCHER_ONE_LOG_CONF: "/etc/logging.conf" }), [
      "VMCATCHER_ONE_LOG_CONF: no such setting",
    ]);
    assert.equal(problemsOf({ VMCATCHER_ONE_LOG_LEVEL: "loud" }).length, 1);
  });

  it("health and metrics are served on loopback, elsewhere, or nowhere", () => {
    const http = (text?: string) => readConfig({ VMCATCHER_ONE_HTTP: text }).http;
    assert.deepEqual(http(), { host: "127.0.0.1", port: 9464 });
    assert.deepEqual(http("[::]:80"), { host: "::", port: 80 });
    assert.deepEqual(http("0.0.0.0:0"), { host: "0.0.0.0", port: 0 });
    // Bug: the default of the setting took the place of the undefined that `off` stands for. Fix: default first, then transform.
    assert.equal(http("off"), undefined);
    for (const wrong of ["9464", ":9464", "localhost:65536", "http://localhost:1", "::1:80"]) {
      assert.equal(problemsOf({ VMCATCHER_ONE_HTTP: wrong }).length, 1, wrong);
    }
  });

  it("the page is served on loopback, behind a proxy of the names given, or nowhere", () => {
    assert.deepEqual(readConfig({}).console, { host: "127.0.0.1", port: 9465 });
    assert.equal(readConfig({ VMCATCHER_ONE_CONSOLE: "off" }).console, undefined);
    const proxy = (text?: string) => readConfig({ VMCATCHER_ONE_CONSOLE_PROXY: text }).consoleProxy;
    assert.deepEqual(proxy(), []);
    assert.deepEqual(proxy("One.example.org,two"), ["one.example.org", "two"]);
    for (const wrong of ["one:443", "https://one", "one, two", "*"]) {
      assert.equal(problemsOf({ VMCATCHER_ONE_CONSOLE_PROXY: wrong }).length, 1, wrong);
    }
    assert.equal(problemsOf({ VMCATCHER_ONE_CONSOLE_TOKEN_FILE: "token" }).length, 1);
  });

  it("D1: a VO can have a datastore of its own", () => {
    const config = readConfig({ VMCATCHER_ONE_VO_DATASTORES: "fedcloud.egi.eu=ceph, ops=100" });
    assert.deepEqual([...config.voDatastores], [["fedcloud.egi.eu", "ceph"], ["ops", "100"]]); // prettier-ignore
    assert.equal(problemsOf({ VMCATCHER_ONE_VO_DATASTORES: "ceph" }).length, 1);
  });

  it("vmcatcher's files are where vmcatcher's own variables say, or where sites have them", () => {
    const paths = (env: Record<string, string>) => {
      const { cacheIndex, downloadDirectory, vmcatcherDatabase } = readConfig(env);
      return [cacheIndex, downloadDirectory, vmcatcherDatabase];
    };
    const usual = ["/var/lib/one/cache/cache.index", "/var/lib/one/cache/partial"];
    assert.deepEqual(paths({}), [...usual, "/var/lib/one/vmcatcher.db"]);
    assert.deepEqual(
      paths({ VMCATCHER_CACHE_DIR_CACHE: "/c", VMCATCHER_RDBMS: "sqlite:////v.db" }),
      ["/c/cache.index", "/c/partial", "sqlite:////v.db"],
    );
    assert.deepEqual(
      paths({
        VMCATCHER_ONE_CACHE_INDEX: "/d/cache.index",
        VMCATCHER_CACHE_DIR_CACHE: "relative",
        VMCATCHER_CACHE_DIR_DOWNLOAD: "/p",
        VMCATCHER_ONE_VMCATCHER_DB: "/x.db",
      }),
      ["/d/cache.index", "/p", "/x.db"],
    );
    assert.throws(() => readConfig({ VMCATCHER_ONE_CACHE_INDEX: "/d/index" }), /cache\.index/);
  });

  it("a name pattern must keep old names apart and fit OpenNebula's rules", () => {
    const predecessors = "{identifier}_EXPIRED_{timestamp}";
    assert.equal(
      readConfig({ VMCATCHER_ONE_SUPERSEDED_NAME: predecessors }).supersededName,
      predecessors,
    );
    for (const pattern of [
      "{identifier}",
      "{timestamp}",
      "{identifier}/{timestamp}",
      `{identifier}{timestamp}${"x".repeat(21)}`,
    ]) {
      assert.equal(problemsOf({ VMCATCHER_ONE_EXPIRED_NAME: pattern }).length, 1, pattern);
    }
  });
});
