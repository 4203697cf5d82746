import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

/** A request to a real OpenNebula 7.0.2 (xmlrpc-c 1.33.14) and what it answered. */
export interface Recording {
  readonly name: string;
  readonly shows: string;
  readonly request: Buffer;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** With the line ends of the wire: the files hold LF where xmlrpc-c sends CRLF. */
  readonly body: string;
  /** Whether `Content-length` is still that of the body: paths were shortened after the recording. */
  readonly hasOriginalLength: boolean;
}

/** All of them, in the order in which they were made. */
export async function readRecordings(): Promise<readonly Recording[]> {
  const directory = join(import.meta.dirname, "../../../fixtures/opennebula/recordings");
  const index = indexSchema.parse(
    JSON.parse(await readFile(join(directory, "index.json"), "utf8")),
  );
  return Promise.all(
    index.map(async ({ name, shows, request_file, response_file, http_status, http_headers }) => {
      const stored = await readFile(join(directory, response_file), "utf8");
      const body = http_headers["Content-type"] === "text/html" ? stored : withCrlf(stored);
      const request = await readFile(join(directory, request_file));
      const hasOriginalLength = Number(http_headers["Content-length"]) === Buffer.byteLength(body);
      return {
        name,
        shows,
        request,
        status: http_status,
        headers: http_headers,
        body,
        hasOriginalLength,
      };
    }),
  );
}

/** A body without what no two runs have in common. */
export function masked(body: string): string {
  return MASKS.reduce((text, [pattern, mask]) => text.replaceAll(pattern, mask), body);
}

/** Line ends of the envelope; those inside of values stay LF. */
function withCrlf(body: string): string {
  return body
    .split(/(<string>[^]*?<\/string>)/)
    .map((part) => (part.startsWith("<string>") ? part : part.replaceAll("\n", "\r\n")))
    .join("");
}

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/(&lt;(REGTIME|MODTIME|TIME|REQ_ID|FREE_MB|USED_MB)&gt;)\d+/g, "$1N"],
  [/(datastores\/\d+\/)[0-9a-f]{32}/g, "$1HASH"],
  [/\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} : /g, "DATE : "],
  [/at line \d+, columns \d+:\d+/g, "at line N, columns N:N"],
  [/(&lt;TOKEN_PASSWORD&gt;&lt;!\[CDATA\[)[0-9a-f]{64}/g, "$1SECRET"],
  [
    /(&lt;NAME&gt;serveradmin&lt;\/NAME&gt;&lt;PASSWORD&gt;&lt;!\[CDATA\[)[0-9a-f]{64}/g,
    "$1SECRET",
  ],
];

const indexSchema = z.array(
  z.object({
    name: z.string(),
    shows: z.string(),
    request_file: z.string(),
    response_file: z.string(),
    http_status: z.number(),
    http_headers: z.record(z.string(), z.string()),
  }),
);
