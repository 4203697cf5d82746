import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { encodeCall } from "../../../functions/shared/opennebula/codec.ts";
import {
  cleanText,
  newImageTemplate,
  updateTemplate,
} from "../../../functions/shared/opennebula/template.ts";

const image = { name: "U", path: "/staging/U.raw", datastoreId: 1 };

/** The attributes of a new image with one attribute D, as oned would read them. */
function stored(text: string): Map<string, string> {
  return readAsOned(newImageTemplate({ ...image, attributes: new Map([["D", text]]) }));
}

const OURS: [string, string][] = [
  ["NAME", "U"],
  ["TYPE", "OS"],
  ["PATH", "/staging/U.raw"],
  ["PERSISTENT", "NO"],
];

/** Any text, with a preference for what has hurt somebody. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)))
    .map((units) => units.join("")),
  fc
    .array(
      fc.constantFrom(
        "]]>",
        "]",
        ">",
        "]]\u0001>",
        "\\",
        '"',
        "'",
        "<",
        "&",
        "&amp;",
        "&#13;",
        "</D>",
        "<PATH>/etc/shadow</PATH>",
        "<!--",
        "<![CDATA[",
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "\u00A0",
        "\uFEFF",
        "\0",
        "\u001F",
        "\u007F",
        "\u0085",
        "\uD800",
        "\uDC00",
        "😀",
        "\uFFFE",
        "\uFFFF",
        "\u2028",
        "é",
        "x",
      ),
    )
    .map((parts) => parts.join("")),
);

describe("any text", () => {
  test("S7 S8 S8b is stored as cleanText says and makes no second attribute", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const wanted = cleanText(text);
        assert.deepEqual(Array.from(stored(text)), wanted === "" ? OURS : [...OURS, ["D", wanted]]);
        assert.deepEqual(
          Array.from(
            readAsOned(
              updateTemplate(
                new Map([
                  ["D", text],
                  ["E", "e"],
                ]),
              ),
            ),
          ),
          [
            ["D", wanted],
            ["E", "e"],
          ],
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("is clean when it has been cleaned once", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        assert.equal(cleanText(cleanText(text)), cleanText(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("can be sent", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        encodeCall("m", [updateTemplate(new Map([["D", text]]))]); // xmlrpc throws for what XML does not allow
      }),
    );
  });
});

describe("the predecessor's bugs", () => {
  test("S7 a quotation mark stays a quotation mark", () => {
    assert.equal(stored('say "hi"').get("D"), 'say "hi"');
  });

  test("S8 a value cannot set PATH, PERSISTENT or another identifier", () => {
    for (const evil of [
      'x"\nPATH = "/etc/shadow"\nPERSISTENT = "YES',
      'x"\nVMCATCHER_EVENT_DC_IDENTIFIER = "other',
      "x</D><PATH>/etc/shadow</PATH><D>",
      "x]]></D><PATH>/etc/shadow</PATH>",
      "<PATH>/etc/shadow</PATH>",
    ]) {
      assert.deepEqual(Array.from(stored(evil)), [...OURS, ["D", cleanText(evil)]]);
    }
  });

  test("S8b a backslash at the end swallows nothing", () => {
    assert.equal(stored("C:\\temp\\").get("D"), "C:\\temp\\");
  });
});

describe("cleanText", () => {
  for (const [given, wanted] of [
    [" both ends \n", "both ends"],
    ["a\r\nb\rc", "a\nb\nc"],
    ["a]]>b", "a]] >b"],
    ["a]\u0001]>b", "a]] >b"],
    ["]]]>", "]]] >"],
    ["a\0b\u001Fc", "abc"],
    ["😀 ok", "\uFFFD ok"],
    ["\uD83D|\uDE00", "\uFFFD|\uFFFD"],
    ["a\uFFFFb", "a\uFFFDb"],
    ["tab\tnew\nline", "tab\tnew\nline"],
    ["ünï € \u007F\u0085\u2028.", "ünï € \u007F\u0085\u2028."],
    [" \t\r\n", ""],
  ] as const) {
    test(`makes ${JSON.stringify(wanted)} of ${JSON.stringify(given)}`, () =>
      assert.equal(cleanText(given), wanted));
  }
});

test("a new image is a non-persistent OS image, and OpenNebula finds out format, size and driver", () => {
  assert.equal(
    newImageTemplate({
      ...image,
      attributes: new Map([
        ["DESCRIPTION", "a & b"],
        ["EMPTY", " \u0001"],
      ]),
    }),
    "<TEMPLATE><NAME>U</NAME><TYPE>OS</TYPE><PATH>/staging/U.raw</PATH><PERSISTENT>NO</PERSISTENT>" +
      "<DESCRIPTION>a &amp; b</DESCRIPTION></TEMPLATE>",
  );
});

test("an empty text empties an attribute of an existing image", () => {
  assert.equal(
    updateTemplate(
      new Map([
        ["A", ""],
        ["B", " "],
      ]),
    ),
    "<TEMPLATE><A><![CDATA[]]></A><B><![CDATA[]]></B></TEMPLATE>",
  );
});

test("attributes that are elements of an image are refused", () => {
  for (const name of [
    "NAME",
    "TYPE",
    "PATH",
    "PERSISTENT",
    "SOURCE",
    "SIZE",
    "FORMAT",
    "FS",
    "DRIVER",
  ]) {
    assert.throws(
      () => newImageTemplate({ ...image, attributes: new Map([[name, "x"]]) }),
      new RegExp(`^TypeError: the attribute ${name} would`),
    );
    assert.throws(() => updateTemplate(new Map([[name, "x"]])), TypeError);
  }
});

test("names that are no attribute names are refused", () => {
  for (const name of ["", "a", "A B", "1A", "A-B", "A.B", "A><PATH", "Ä", "A\n", "path"]) {
    assert.throws(() => updateTemplate(new Map([[name, "x"]])), /is not an attribute name/, name);
  }
});

test("a name or path that would not be kept as it is is refused", () => {
  for (const text of ["", " x", "x\n", "a]]>b", "a\rb", "😀", "\u0001"]) {
    assert.throws(
      () => newImageTemplate({ ...image, name: text, attributes: new Map() }),
      /NAME cannot be written/,
    );
    assert.throws(
      () => newImageTemplate({ ...image, path: text, attributes: new Map() }),
      /PATH cannot be written/,
    );
  }
});

/**
 * A template by the rules measured on oned: refused with a character outside XML or the BMP, or with `]]>` in a value; CR is LF;
 * an empty element is dropped, an empty CDATA kept; anything but one text node is dropped; the last of a name wins.
 */
function readAsOned(template: string): Map<string, string> {
  for (const character of template) {
    const code = character.codePointAt(0) ?? 0;
    const allowed =
      code >= 0x20 ? code < 0xd800 || (code > 0xdfff && code < 0xfffe) : code === 9 || code === 10;
    assert.ok(allowed, `oned does not take U+${code.toString(16)}`);
  }
  const body = /^<TEMPLATE>(.*)<\/TEMPLATE>$/s.exec(template)?.[1];
  assert.ok(body !== undefined);
  const attributes = new Map<string, string>();
  let at = 0;
  for (const match of body.matchAll(/<([A-Z0-9_]+)>(?:<!\[CDATA\[\]\]>|([^<>]+))<\/\1>/g)) {
    assert.equal(match.index, at, "something stands between two attributes");
    at += match[0].length;
    const text = (match[2] ?? "").replace(/&(\w+;)?/g, (entity) => {
      const character = { "&amp;": "&", "&lt;": "<", "&gt;": ">" }[entity];
      assert.ok(character !== undefined, `unknown entity ${entity}`);
      return character;
    });
    assert.ok(!text.includes("]]>"));
    assert.equal(text, text.trim(), "7.4 would store something else");
    attributes.set(match[1] ?? "", text);
  }
  assert.equal(at, body.length, "something stands behind the attributes");
  return attributes;
}
