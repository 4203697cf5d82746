import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { collectOverview, type Overview } from "../../../functions/shared/overview/overview.ts";
import { isUnavailable, type Unavailable } from "../../../functions/shared/overview/unavailable.ts";
import { systemClock } from "../../../functions/shared/time/clock.ts";
import type { Image } from "../../../functions/shared/opennebula/opennebula.ts";
import { openSqliteQueues } from "../../../functions/shared/queue/sqlite-queues.ts";
import type { Queues } from "../../../functions/shared/queue/queue.ts";
import { saveDatabase } from "../../fakes/vmcatcher/database.ts";
import { imageOf } from "./images.ts";
import { vmcatcherEndorsement } from "../../../functions/shared/vmcatcher/endorsement.ts";

const NAMES = ["capture-metadata", "convert-image"];
const SHA512 = "a".repeat(128);

describe("an overview", () => {
  let directory: string;
  let queues: Queues;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-overview-"));
    queues = openSqliteQueues(join(directory, "queue.sqlite"));
  });
  afterEach(async () => {
    await queues.close();
    await rm(directory, { recursive: true });
  });

  const collect = (
    given: {
      images?: () => Promise<readonly Image[]>;
      cacheIndex?: string;
      queues?: Queues;
    } = {},
    signal = new AbortController().signal,
  ): Promise<Overview> =>
    collectOverview(
      {
        config: {
          spoolDirectory: join(directory, "spool"),
          stagingDirectory: join(directory, "staging"),
        },
        queues: given.queues ?? queues,
        queueNames: NAMES,
        opennebula: { images: given.images ?? (async () => []) },
        endorsement: vmcatcherEndorsement({
          cacheIndex: given.cacheIndex ?? join(directory, "cache.index"),
          downloadDirectory: join(directory, "partial"),
          vmcatcherDatabase: join(directory, "vmcatcher.db"),
        }),
        clock: systemClock,
      },
      signal,
    );
  const told = <Part extends object>(part: Part | Unavailable): Part => {
    assert.ok(!isUnavailable(part), JSON.stringify(part));
    return part;
  };
  const identifiersOf = ({ identifiers }: Overview) => told(identifiers);

  it("of a site where nothing has happened yet is empty, and no error", async () => {
    const { spool, queues: queued, conversions, identifiers } = await collect();
    assert.deepEqual(
      [spool, conversions, identifiers],
      [{ waiting: 0, bad: [], oldest: undefined }, [], []],
    );
    assert.deepEqual(
      told(queued).map(({ name, waiting, dead }) => [name, waiting, dead]),
      NAMES.map((name) => [name, 0, 0]),
    );
  });

  it("sorts an identifier's images into live, pending and versions, newest first", async () => {
    const images = [
      imageOf({ id: 9, name: "U.pending.j9", state: "LOCKED" }, { STATE: "pending", JOB: "j9" }),
      imageOf({ id: 7 }, { STATE: "live", JOB: "j7", EVENT_TIME: "2026-03" }),
      imageOf(
        { id: 5, name: "U_5" },
        { STATE: "superseded", EVENT_TIME: "2026-03", SUPERSEDED_BY: "j7", JOB: "j5" },
      ),
      imageOf({ id: 6, name: "U 6" }, { STATE: "expired", EVENT_TIME: "2026-01" }),
      imageOf({ id: 2, name: "U_EXPIRED_2014" }),
      imageOf({ id: 1, name: "V" }, { STATE: "live" }, "V"),
    ];
    const [u, v] = identifiersOf(await collect({ images: async () => images }));
    assert.deepEqual([u?.identifier, v?.identifier, v?.live?.id], ["U", "V", 1]);
    assert.equal(u?.live?.id, 7);
    assert.deepEqual(
      u?.pending.map(({ id }) => id),
      [9],
    );
    assert.deepEqual(
      u?.versions.map(({ id, became, supersededByImage }) => [id, became, supersededByImage]),
      [
        [5, "superseded", 7],
        [6, "expired", undefined],
        [2, "unknown", undefined],
      ],
    );
    assert.deepEqual(
      u?.inFlight.map(({ job, step }) => [job, step]),
      [["j9", "copied by OpenNebula"]],
    );
  });

  it("tells what vmcatcher says: endorsed, current, awaited, or neither", async () => {
    const cacheIndex = join(directory, "cache.index");
    const entry = (sha512: string) => ({ sha512, "dc:title": "from the list" });
    await writeFile(
      cacheIndex,
      JSON.stringify({ same: entry(SHA512), other: entry("b".repeat(128)) }),
    );
    const images = ["same", "other", "gone", "awaited"].map((name, id) =>
      imageOf({ id, name }, { STATE: "live", SHA512 }, name),
    );
    images.push(
      imageOf({ id: 8, name: "due" }, { STATE: "live", STALE_SINCE: "2026" }, "due"),
      imageOf({ id: 9, name: "kept" }, { STATE: "live", EXPIRY_UNKNOWN_SINCE: "2026" }, "kept"),
      imageOf({ id: 10, name: "old_1" }, { STATE: "expired" }, "old"),
    );
    const database = join(directory, "vmcatcher.db");
    const listed = ["same", "other", "awaited", "due"].map(
      (identifier) =>
        [
          identifier,
          { identifier, file: "", title: "", version: "", sha512: SHA512, size: 1, list: "" },
        ] as const,
    );
    saveDatabase(database, new Map(listed), new Set(listed.map(([identifier]) => identifier)));
    const judged = async (path: string) =>
      identifiersOf(await collect({ images: async () => images, cacheIndex: path })).map(
        ({ identifier, endorsed, current, notes }) => [
          identifier,
          endorsed,
          current,
          ...notes.map(({ code }) => code),
        ],
      );
    assert.deepEqual(await judged(cacheIndex), [
      ["awaited", "awaited", undefined, "newer-version-due"],
      ["due", "awaited", undefined, "newer-version-due"],
      ["gone", "no", undefined, "not-endorsed"],
      ["kept", "no", undefined, "subscription-unknown", "not-endorsed"],
      ["old", "no", undefined],
      ["other", "yes", false, "not-current"],
      ["same", "yes", true],
    ]);
    assert.deepEqual(await judged(join(directory, "missing")), [
      ["awaited", "unknown", undefined],
      ["due", "unknown", undefined, "newer-version-due"],
      ["gone", "unknown", undefined],
      ["kept", "unknown", undefined, "subscription-unknown"],
      ["old", "unknown", undefined],
      ["other", "unknown", undefined],
      ["same", "unknown", undefined],
    ]);
    await rm(database);
    assert.deepEqual(await judged(cacheIndex), [
      ["awaited", "unknown", undefined, "subscription-unknown"],
      ["due", "unknown", undefined, "newer-version-due"],
      ["gone", "unknown", undefined, "subscription-unknown"],
      ["kept", "unknown", undefined, "subscription-unknown"],
      ["old", "unknown", undefined],
      ["other", "yes", false, "not-current"],
      ["same", "yes", true],
    ]);
  });

  it("tells the speed of a conversion and what is left", async () => {
    await mkdir(join(directory, "staging"));
    await writeFile(
      join(directory, "staging", "j.progress"),
      JSON.stringify({
        jobId: "j",
        identifier: "U",
        title: "an image",
        step: "converting",
        percent: 25,
        bytes: 4000,
        startedAt: "2026-11-22T10:00:00.000Z",
        stepStartedAt: "2026-11-22T10:00:50.000Z",
        updatedAt: "2026-11-22T10:01:00.000Z",
      }),
    );
    const overview = await collect();
    const [conversion] = told(overview.conversions);
    assert.equal(conversion?.bytesPerSecond, 100);
    assert.equal(conversion?.secondsLeft, 30);
    const [u] = identifiersOf(overview);
    assert.deepEqual([u?.identifier, u?.title, u?.inFlight[0]?.percent], ["U", "an image", 25]);
  });

  it("tells dead letters with their reason, job and age, beside their identifier", async () => {
    const queue = await queues.open("convert-image");
    const body = JSON.stringify({ job: { id: "j1", identifier: "U" } });
    await queue.send({ body, group: "U", deduplicationId: "1" });
    const delivery = await queue.receive({ waitSeconds: 0, leaseSeconds: 10 });
    assert.ok(delivery);
    await queue.deadLetter(delivery, {
      code: "format-mismatch",
      text: "not what it claims",
      step: "convert-image",
      time: "2026-11-22T10:00:00.000Z",
      attempts: 1,
    });
    await queue.send({ body, group: "U", deduplicationId: "2" });
    const overview = await collect();
    const [, convert] = told(overview.queues);
    assert.equal(convert?.oldestAgeSeconds, 0);
    assert.deepEqual(convert?.deadLetters, [
      {
        id: delivery.messageId,
        function: "convert-image",
        identifier: "U",
        job: "j1",
        code: "format-mismatch",
        text: "not what it claims",
        time: "2026-11-22T10:00:00.000Z",
        attempts: 1,
      },
    ]);
    assert.deepEqual(identifiersOf(overview)[0]?.deadLetters, convert?.deadLetters);
  });

  it("tells at which function a job is, and how far, once for each job", async () => {
    const queue = await queues.open("convert-image");
    for (const id of ["j1", "j2"]) {
      const body = JSON.stringify({ job: { id, identifier: "U" } });
      await queue.send({ body, group: "U", deduplicationId: id });
    }
    await queue.receive({ waitSeconds: 0, leaseSeconds: 10 });
    await mkdir(join(directory, "staging"));
    await writeFile(
      join(directory, "staging", "j1.progress"),
      JSON.stringify({
        jobId: "j1",
        identifier: "U",
        step: "verifying",
        percent: 50,
        startedAt: "2026-11-22T10:00:00.000Z",
        updatedAt: "2026-11-22T10:00:00.000Z",
      }),
    );
    const [u] = identifiersOf(await collect());
    assert.deepEqual(
      u?.inFlight.map(({ job, function: name, step, percent, attempts }) => [
        job,
        name,
        step,
        percent,
        attempts,
      ]),
      [
        ["j1", "convert-image", "verifying", 50, 1],
        ["j2", "convert-image", "waiting", undefined, 0],
      ],
    );
  });

  for (const [code, others] of [
    ["two-live-images", [imageOf({ id: 8, uname: "bob" }, { STATE: "live" })]],
    ["two-live-images", [imageOf({ id: 8, name: "other" }, { STATE: "live" })]],
    [
      "disable-pending",
      [imageOf({ id: 8, name: "U_8" }, { STATE: "superseded", DISABLE: "pending" })],
    ],
    [
      "old-in-error",
      [
        imageOf(
          { id: 8, name: "U_8", state: "ERROR" },
          { STATE: "superseded", SUPERSEDED_BY: "j", DISABLE: "pending" },
        ),
      ],
    ],
  ] as const) {
    it(`notes what needs a person or time: ${code}`, async () => {
      const images = async () => [...others, imageOf({ id: 7 }, { STATE: "live" })];
      const [u] = identifiersOf(await collect({ images }));
      assert.deepEqual(
        u?.notes.map((note) => note.code),
        [code],
      );
    });
  }

  for (const [code, attributes, changes] of [
    ["newer-version-due", { STALE_SINCE: "2026" }, {}],
    ["subscription-unknown", { EXPIRY_UNKNOWN_SINCE: "2026" }, {}],
    ["renamed", {}, { name: "by hand" }],
    ["not-usable", {}, { state: "ERROR" }],
    ["image-warning", { WARNINGS: "unrecognised" }, {}],
  ] as const) {
    it(`notes of the live image: ${code}`, async () => {
      const live = imageOf({ id: 7, ...changes }, { STATE: "live", ...attributes });
      const [u] = identifiersOf(await collect({ images: async () => [live] }));
      assert.deepEqual(
        u?.notes.map((note) => [note.code, note.imageId]),
        [[code, 7]],
      );
    });
  }

  it("tells each warning of the live image in a sentence, also one of another version, and none of an old image", async () => {
    const live = imageOf({ id: 7 }, { STATE: "live", WARNINGS: "unrecognised of-tomorrow" });
    const old = imageOf({ id: 5, name: "U_5" }, { STATE: "superseded", WARNINGS: "ovf-size" });
    const [u] = identifiersOf(await collect({ images: async () => [old, live] }));
    assert.deepEqual(
      u?.notes.map(({ code, imageId }) => [code, imageId]),
      [
        ["image-warning", 7],
        ["image-warning", 7],
      ],
    );
    const [known, unknown] = u?.notes.map(({ text }) => text) ?? [];
    assert.match(known ?? "", /^unrecognised: doubtful, nothing in the disk says that it is one/);
    assert.match(unknown ?? "", /of-tomorrow, which this version does not know/);
    assert.deepEqual(u?.live?.warnings, ["unrecognised", "of-tomorrow"]);
    assert.deepEqual(u?.versions[0]?.warnings, ["ovf-size"]);
  });

  it("tells the rest when OpenNebula and the queue cannot be asked, and why", async () => {
    const failing = { ...queues, open: () => Promise.reject(new Error("the file is locked")) };
    const images = () => Promise.reject(new Error("ECONNREFUSED"));
    const overview = await collect({ images, queues: failing });
    assert.deepEqual(overview.queues, { error: "the file is locked" });
    assert.deepEqual(overview.identifiers, { error: "ECONNREFUSED" });
    assert.ok(!isUnavailable(overview.spool));
  });

  it("ends with its signal, whatever hangs", async () => {
    const hanging = { ...queues, open: () => new Promise<never>(() => undefined) };
    const overview = await collect({ queues: hanging }, AbortSignal.timeout(10));
    assert.ok(isUnavailable(overview.queues));
  });

  it("of a thousand identifiers with five images each takes less than a second", async () => {
    const images = Array.from({ length: 5000 }, (_, id) => {
      const identifier = `U${id % 1000}`;
      const isLive = id < 1000;
      return imageOf(
        { id, name: isLive ? identifier : `${identifier}_${id}` },
        { STATE: isLive ? "live" : "superseded", JOB: `j${id}`, SUPERSEDED_BY: `j${id - 1000}` },
        identifier,
      );
    });
    const before = process.cpuUsage();
    const identifiers = identifiersOf(await collect({ images: async () => images }));
    const { user } = process.cpuUsage(before);
    assert.equal(identifiers.length, 1000);
    assert.equal(identifiers[0]?.versions.length, 4);
    assert.ok(user < 1_000_000, `${user} µs`);
  });
});
