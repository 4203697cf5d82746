import Library from "xmlrpc/lib/deserializer.js";

/*
 * The reader of XML-RPC answers, which is a pure function of their text and would take a quarter of all time: a document inside of a
 * document is nothing but entities to it. What OpenNebula answers with a text is read here in one go, anything else by the library
 * itself. A test holds the two against each other.
 */

type Read = Library["deserializeMethodResponse"];

/** As the library's, but that mistakes in an answer are told at its end. */
// oxlint-disable-next-line import/no-default-export -- as the library has it
export default class Deserializer {
  deserializeMethodResponse(...[stream, callback]: Parameters<Read>): void {
    const chunks: Uint8Array[] = [];
    stream.pipe({
      write: (chunk) => chunks.push(chunk) > 0,
      end: () => {
        const answer = Buffer.concat(chunks);
        const text = answeredText(answer.toString());
        if (text === undefined) {
          readByLibrary(answer, callback);
        } else {
          callback(null, [true, text, 0]);
        }
        return true;
      },
    });
  }
}

function readByLibrary(answer: Buffer, callback: Parameters<Read>[1]): void {
  new Library().deserializeMethodResponse(
    {
      setEncoding: () => undefined,
      on: () => undefined,
      pipe: (parser) => {
        parser.write(answer);
        parser.end();
      },
    },
    callback,
  );
}

/** @returns undefined when this is not, to the byte, how OpenNebula answers with a text */
function answeredText(answer: string): string | undefined {
  if (!answer.startsWith(BEFORE) || !answer.endsWith(AFTER)) {
    return undefined;
  }
  const escaped = answer.slice(BEFORE.length, -AFTER.length);
  return /<|&(?!amp;|lt;|gt;)/.test(escaped)
    ? undefined
    : escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

const BEFORE = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  "<methodResponse>",
  "<params>",
  "<param><value><array><data>",
  "<value><boolean>1</boolean></value>",
  "<value><string>",
].join("\r\n");

const AFTER = [
  "</string></value>",
  "<value><i4>0</i4></value>",
  "</data></array></value></param>",
  "</params>",
  "</methodResponse>",
  "",
].join("\r\n");
