import assert from "node:assert/strict";
import { test } from "node:test";
import { sendRaw, type RawRequest } from "./replay/raw-http.ts";
import { masked, readRecordings, type Recording } from "./replay/recordings.ts";
import { openReplaySession } from "./replay/session.ts";
import { SECOND_INSTALL, STEPS } from "./replay/steps.ts";

/*
 * The whole recorded session is replayed in its order. What is compared byte for byte is the status, the header names and
 * values, and the body but for times, hashes, generated secrets and free space (see `masked`).
 */
test("every recorded request is answered as OpenNebula 7.0.2 did", async (t) => {
  const recordings = await readRecordings();
  assert.equal(recordings.length, 101);
  let session = await openReplaySession();
  try {
    for (const recording of recordings) {
      await t.test(`${recording.name}: ${recording.shows}`, async () => {
        if (recording.name === SECOND_INSTALL) {
          await session.close();
          session = await openReplaySession();
        }
        await STEPS.get(recording.name)?.(session);
        const answer = await sendRaw(session.simulator.url, {
          ...HTTP.get(recording.name),
          body: recording.request,
        });
        assert.equal(answer.status, recording.status);
        assert.deepEqual(
          Object.entries(comparable(answer.headers, recording)),
          Object.entries(comparable(recording.headers, recording)),
        );
        assert.match(answer.headers["Date"] ?? "", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d UTC$/);
        assert.equal(masked(answer.body), masked(recording.body));
      });
    }
  } finally {
    await session.close();
  }
});

/** How those requests went out that were no plain POST to /RPC2. */
const HTTP: ReadonlyMap<string, Partial<RawRequest>> = new Map<string, Partial<RawRequest>>([
  ["http_404_path", { path: "/" }],
  ["http_405_get", { method: "GET" }],
  ["http_411_chunked", { chunked: true }],
]);

/** The length is only comparable where neither the recording nor a number in the answer has changed it. */
function comparable(
  headers: Readonly<Record<string, string>>,
  { hasOriginalLength, name }: Recording,
): Record<string, string> {
  const isStable = hasOriginalLength && !HAS_FREE_NUMBERS.has(name);
  return {
    ...headers,
    Date: "",
    ...("Content-length" in headers && !isStable ? { "Content-length": "" } : {}),
  };
}

/** Parse errors print uninitialised line numbers. */
const HAS_FREE_NUMBERS = new Set(["err_allocate_parse", "err_update_parse"]);
