import assert from "node:assert/strict";
import { it } from "node:test";
import { jobSchema } from "../../../functions/job/job.ts";
import { parseEntry } from "../../../functions/shared/spool/entry.ts";
import { jobOf } from "../../../functions/shared/spool/job-of.ts";
import { GiveUp } from "../../../functions/shared/step/errors.ts";
import {
  AVAILABLE,
  EXPIRED,
  IDENTIFIER,
  type Records,
  SHA512,
  entryBytes,
} from "../../enqueue-event/spool-sandbox.ts";

const job = (records: Records) => jobOf(parseEntry(entryBytes(records)));

it("makes the job of an available image", () => {
  assert.deepEqual(job(AVAILABLE), {
    id: "c758d8b36de3afa07928312ffe8969dc", // (session, type, identifier, checksum), each but the last ended by NUL | sha256sum
    event: "available",
    eventTime: "2014-06-04T10:54:44.000000042Z",
    identifier: IDENTIFIER,
    digest: `sha512:${SHA512}`,
    title: AVAILABLE["VMCATCHER_EVENT_DC_TITLE"],
    vo: "fedcloud.egi.eu",
    source: { path: AVAILABLE["VMCATCHER_ONE_HOOK_PIN"], pinned: true, format: "OVA" },
    attributes: Object.fromEntries(
      Object.entries(AVAILABLE).filter(([name]) => name.startsWith("VMCATCHER_EVENT_")),
    ),
    cacheIndex: "/var/lib/one/cache/cache.index",
    restarts: 0,
  });
});

it("makes the job of an expired image", () => {
  const expired = job(EXPIRED);
  assert.equal(expired.event === "expired" && expired.subscription, "gone");
});

it("makes jobs that the first step takes", () => {
  for (const records of [AVAILABLE, EXPIRED]) {
    assert.deepEqual(jobSchema.parse(JSON.parse(JSON.stringify(job(records)))), job(records));
  }
});

it("V1: carries the VO", () => {
  const { vo } = { vo: undefined, ...job(AVAILABLE) };
  assert.equal(vo, "fedcloud.egi.eu");
});

it("E7: takes the spelling of vmcatcher before 0.2.1", () => {
  assert.equal(job({ ...EXPIRED, VMCATCHER_EVENT_TYPE: "ExpirePosfix" }).event, "expired");
});

it("E2: what the hook could not find out is unknown", () => {
  const expired = job({ ...EXPIRED, VMCATCHER_ONE_HOOK_SUBSCRIPTION: undefined });
  assert.equal(expired.event === "expired" && expired.subscription, "unknown");
});

it("C1: makes no attribute of a null or an empty value", () => {
  const { attributes } = job({
    ...AVAILABLE,
    VMCATCHER_EVENT_SL_COMMENTS: "None",
    VMCATCHER_EVENT_AD_MPURI: "",
  });
  assert.ok(
    !("VMCATCHER_EVENT_SL_COMMENTS" in attributes) && !("VMCATCHER_EVENT_AD_MPURI" in attributes),
  );
});

it("takes variables of vmcatcher that it does not know, but none that could not be an attribute", () => {
  const { attributes } = job({
    ...AVAILABLE,
    VMCATCHER_EVENT_NEW_THING: "x",
    VMCATCHER_EVENT_lower: "x",
    [`VMCATCHER_EVENT_${"L".repeat(65)}`]: "x",
    VMCATCHER_RDBMS: "mysql://u:p@h/db",
  });
  const more = Object.keys(attributes).filter((name) => !(name in AVAILABLE));
  assert.deepEqual(more, ["VMCATCHER_EVENT_NEW_THING"]);
});

it("uses the path where there is no pin", () => {
  const available = job({
    ...AVAILABLE,
    VMCATCHER_ONE_HOOK_PIN: undefined,
    VMCATCHER_ONE_HOOK_PIN_ERROR: "no link",
  });
  assert.deepEqual(available.event === "available" && available.source, {
    path: AVAILABLE["VMCATCHER_ONE_HOOK_SOURCE"],
    pinned: false,
    format: "OVA",
  });
});

it("writes the checksum in lower case", () => {
  const available = job({ ...AVAILABLE, VMCATCHER_EVENT_SL_CHECKSUM_SHA512: SHA512.toUpperCase() });
  assert.equal(available.event === "available" && available.digest, `sha512:${SHA512}`);
  assert.equal(available.id, job(AVAILABLE).id);
});

it("knows no cache.index where the cache's directory is unknown or relative", () => {
  assert.equal(job({ ...AVAILABLE, VMCATCHER_CACHE_DIR_CACHE: undefined }).cacheIndex, undefined);
  assert.equal(job({ ...AVAILABLE, VMCATCHER_CACHE_DIR_CACHE: "cache" }).cacheIndex, undefined);
});

it("gives the same event the same id, and another event another", () => {
  const later = { VMCATCHER_ONE_HOOK_TIME: "1401879999.000000000" };
  assert.equal(job({ ...AVAILABLE, ...later }).id, job(AVAILABLE).id);
  const others: readonly Records[] = [
    { VMCATCHER_EVENT_UUID_SESSION: "another" },
    { VMCATCHER_EVENT_DC_IDENTIFIER: "another" },
    { VMCATCHER_EVENT_SL_CHECKSUM_SHA512: "cd".repeat(64) },
    { ...EXPIRED },
    { VMCATCHER_EVENT_UUID_SESSION: undefined },
    { VMCATCHER_EVENT_UUID_SESSION: undefined, ...later },
  ];
  const ids = [{}, ...others].map((change) => job({ ...AVAILABLE, ...change }).id);
  assert.equal(new Set(ids).size, ids.length);
});

const refused: readonly [Records, RegExp][] = [
  [
    { VMCATCHER_EVENT_TYPE: "Surprise" },
    /^VMCATCHER_EVENT_TYPE is "Surprise", not AvailablePostfix/,
  ],
  [{ VMCATCHER_EVENT_TYPE: undefined }, /^VMCATCHER_EVENT_TYPE is missing, not AvailablePostfix/],
  [
    { VMCATCHER_EVENT_DC_IDENTIFIER: undefined },
    /^VMCATCHER_EVENT_DC_IDENTIFIER is missing: let vmcatcher call/,
  ],
  [
    { VMCATCHER_EVENT_DC_IDENTIFIER: "../evil;$(touch pwn)" },
    /^VMCATCHER_EVENT_DC_IDENTIFIER must be 1 to 64 letters/,
  ],
  [{ VMCATCHER_EVENT_DC_IDENTIFIER: ".." }, /^VMCATCHER_EVENT_DC_IDENTIFIER must be/],
  [
    { VMCATCHER_EVENT_SL_CHECKSUM_SHA512: undefined },
    /^VMCATCHER_EVENT_SL_CHECKSUM_SHA512 is missing: .* endorser/,
  ],
  [
    { VMCATCHER_EVENT_SL_CHECKSUM_SHA512: "abc" },
    /^VMCATCHER_EVENT_SL_CHECKSUM_SHA512 is not 128 hexadecimal digits/,
  ],
  [
    { VMCATCHER_ONE_HOOK_TIME: "yesterday" },
    /^VMCATCHER_ONE_HOOK_TIME is not seconds and nanoseconds/,
  ],
  [
    {
      VMCATCHER_ONE_HOOK_PIN: undefined,
      VMCATCHER_ONE_HOOK_SOURCE: undefined,
      VMCATCHER_ONE_HOOK_PIN_ERROR: "a/b is no file",
    },
    /^VMCATCHER_ONE_HOOK_SOURCE is missing: .*: a\/b is no file$/,
  ],
  [{ VMCATCHER_ONE_HOOK_PIN: "staging/pin" }, /^VMCATCHER_ONE_HOOK_PIN is not an absolute path/],
];
for (const [change, message] of refused) {
  it(`refuses an event with ${JSON.stringify(change)}`, () => {
    assert.throws(
      () => job({ ...AVAILABLE, ...change }),
      (error) =>
        error instanceof GiveUp && error.code === "invalid-event" && message.test(error.message),
    );
  });
}

it("names all that is wrong at once", () => {
  const wrong = { VMCATCHER_EVENT_DC_IDENTIFIER: "a b", VMCATCHER_EVENT_SL_CHECKSUM_SHA512: "" };
  assert.throws(() => job({ ...AVAILABLE, ...wrong }), /DC_IDENTIFIER[^]*\n[^]*SHA512/);
});
