import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  MESSAGE_BACKOFF,
  RECEIVE_BACKOFF,
  backoffSeconds,
} from "../../../functions/shared/worker/retry-delay.ts";

describe("back-off", () => {
  it("of a message doubles from one second to a quarter of an hour", () => {
    const delays = [1, 2, 3, 4, 10, 11, 12, 5000].map((failures) =>
      backoffSeconds(MESSAGE_BACKOFF, failures, () => 1),
    );
    assert.deepEqual(delays, [1, 2, 4, 8, 512, 900, 900, 900]);
  });

  it("of a receive doubles from half a second to half a minute", () => {
    const delays = [1, 2, 6, 7, 8].map((failures) =>
      backoffSeconds(RECEIVE_BACKOFF, failures, () => 1),
    );
    assert.deepEqual(delays, [0.5, 1, 16, 30, 30]);
  });

  it("leaves half of the delay to chance, so that not all come back at once", () => {
    assert.equal(
      backoffSeconds(MESSAGE_BACKOFF, 4, () => 0),
      4,
    );
    assert.equal(
      backoffSeconds(MESSAGE_BACKOFF, 4, () => 0.5),
      6,
    );
  });
});
