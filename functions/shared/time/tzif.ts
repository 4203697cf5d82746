/**
 * The label of a point in time in a compiled time zone (TZif, RFC 9636).
 *
 * Such a file holds a block with times of 32 bits and, from version 2 on, one with 64, and then the rule for what comes after its last
 * transition. Only the second one is read: all files since 2005 have it. The rule is not worked out, for Node has done that: the caller knows
 * the offset, and of the rule's two labels the one with that offset is it.
 * @param seconds since 1970
 * @param offset east of Greenwich in seconds, as Node has it
 * @returns undefined when the file tells of another offset
 * @throws RangeError when the bytes are too few
 */
export function labelIn(bytes: Buffer, seconds: number, offset: number): string | undefined {
  if (bytes.toString("latin1", 0, 4) !== "TZif" || bytes.readUInt8(4) < VERSION_2) {
    return undefined;
  }
  const first = sizesOf(bytes, 0);
  const begin = HEADER_BYTES + blockBytes(first, 4);
  const second = sizesOf(bytes, begin);
  const times = begin + HEADER_BYTES;
  const kinds = times + second.times * 8;
  const types = kinds + second.times;
  const labels = types + second.types * TYPE_BYTES;
  let next = 0;
  while (next < second.times && Number(bytes.readBigInt64BE(times + next * 8)) <= seconds) {
    next += 1;
  }
  const rule = bytes.toString("latin1", times + blockBytes(second, 8)).trim();
  if (next === second.times && rule !== "") {
    return labelOfRule(rule, offset);
  }
  const type = types + (next === 0 ? 0 : bytes.readUInt8(kinds + next - 1)) * TYPE_BYTES;
  const label = labels + bytes.readUInt8(type + 5);
  return bytes.readInt32BE(type) === offset
    ? bytes.toString("latin1", label, bytes.indexOf(0, label))
    : undefined;
}

const VERSION_2 = "2".charCodeAt(0);
const HEADER_BYTES = 44;
const TYPE_BYTES = 6;

/** How much of each there is in a block; the header before it counts them. */
interface Sizes {
  readonly universal: number;
  readonly standard: number;
  readonly leaps: number;
  readonly times: number;
  readonly types: number;
  readonly characters: number;
}

function sizesOf(bytes: Buffer, at: number): Sizes {
  const count = (nth: number) => bytes.readUInt32BE(at + 20 + nth * 4);
  return {
    universal: count(0),
    standard: count(1),
    leaps: count(2),
    times: count(3),
    types: count(4),
    characters: count(5),
  };
}

function blockBytes(its: Sizes, timeBytes: number): number {
  const { times, types, characters, leaps, standard, universal } = its;
  return (
    times * (timeBytes + 1) +
    types * TYPE_BYTES +
    characters +
    leaps * (timeBytes + 4) +
    standard +
    universal
  );
}

/** `CET-1CEST,M3.5.0,M10.5.0/3`, `<-03>3`, `IST-1GMT0,…`: labels with offsets west of Greenwich; summer is an hour ahead if none is given. */
function labelOfRule(rule: string, offset: number): string | undefined {
  const match = RULE.exec(rule);
  if (match === null) {
    return undefined;
  }
  const [, standard = "", west = "", summer = "", summerWest] = match;
  const usual = -secondsOf(west);
  const ahead = summerWest === undefined ? usual + 3600 : -secondsOf(summerWest);
  const label = offset === usual ? standard : offset === ahead ? summer : "";
  return label === "" ? undefined : label.replaceAll(/[<>]/g, "");
}

const RULE =
  /^([A-Za-z]{3,}|<[^>]+>)([+-]?[\d:]+)(?:([A-Za-z]{3,}|<[^>]+>)([+-]?[\d:]+)?(?:,.*)?)?$/;

function secondsOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  return (text.startsWith("-") ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds);
}
