import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import Library from "xmlrpc/lib/deserializer.js";
import { encodeReply } from "../../../fakes/opennebula/envelope-encode.ts";
import type { Reply } from "../../../fakes/opennebula/envelope-value.ts";
import Deserializer from "./xmlrpc-deserializer.ts";

/** Text in which the characters that mean something are frequent. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("<", ">", "&", ";", "\r", "\n", "]", "'", '"', "&lt;", "&#x0d;"),
      fc.string({ unit: "binary" }),
    ),
  )
  .map((parts) => parts.join(""));

describe("the reader of answers that the simulation uses", () => {
  it("reads every text that OpenNebula answers with as the library does", () => {
    fc.assert(fc.property(text, (value) => sameAsLibrary(encodeReply({ kind: "success", value }))));
  });

  it("reads numbers, refusals and faults as the library does", () => {
    const replies: readonly Reply[] = [
      { kind: "success", value: 42 },
      { kind: "success", value: true },
      { kind: "failure", text: "[one.image.info] Error & <more>", code: 0x400, objectId: 7 },
      { kind: "fault", code: -506, text: "Method 'x' not defined" },
    ];
    replies.map(encodeReply).forEach(sameAsLibrary);
  });

  it("reads what is no answer, or only half of one, as the library does", () => {
    const whole = encodeReply({ kind: "success", value: "<IMAGE_POOL/>" });
    const cut = fc.nat({ max: whole.length - 1 }).map((length) => whole.slice(0, length));
    fc.assert(fc.property(cut, sameAsLibrary));
    sameAsLibrary("<html><body>Bad gateway");
    sameAsLibrary(whole.replace("&lt;", "<b>"));
    sameAsLibrary(whole.replace("&lt;", "&unknown;"));
  });
});

function sameAsLibrary(answer: string): void {
  assert.deepEqual(read(new Deserializer(), answer), read(new Library(), answer));
}

function read(deserializer: Library, answer: string): readonly unknown[] {
  const told: unknown[] = [];
  deserializer.deserializeMethodResponse(
    {
      setEncoding: () => undefined,
      on: () => undefined,
      pipe: (parser) => {
        for (const half of [answer.slice(0, 99), answer.slice(99)]) {
          parser.write(Buffer.from(half));
        }
        parser.end();
      },
    },
    (error, value) => told.push(error?.message, value),
  );
  return told;
}
