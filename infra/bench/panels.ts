import type { Bar } from "../../test/bench/results.ts";
import type { Columns } from "./bars.ts";

/** A part of the picture. */
export interface Panel {
  readonly of: Bar["panel"];
  /** Of its left edge. */
  readonly x: number;
  readonly title: string;
  readonly note: string;
  readonly columns: Columns;
  readonly unit: "×" | "ms";
}

/** Of the picture, in pixels. */
export const WIDTH = 800;
export const MARGIN = 20;

const ratios = {
  x: MARGIN,
  columns: { barsFrom: 258, barsTo: 598, texts: [672, 760] },
  unit: "×",
} as const;
const times = {
  note: "processor time of an event, by how many come at once",
  columns: { barsFrom: 50, barsTo: 260, texts: [345] },
  unit: "ms",
} as const;

/** From top to bottom. What stands side by side has one scale. */
export const SHELVES: readonly (readonly Panel[])[] = [
  [
    {
      ...ratios,
      of: "ova",
      title: "An OVA becomes a raw disk",
      note: "time, beside the predecessor's, which makes no checksum",
    },
  ],
  [
    {
      ...ratios,
      of: "ready",
      title: "From vmcatcher's event to a READY image",
      note: "the same OVA; time, beside the predecessor's",
    },
  ],
  [
    {
      ...ratios,
      of: "others",
      title: "Other images become a raw disk",
      note: "time, beside qemu-img's; where with sha512, beside sha512 and then qemu-img",
    },
  ],
  [
    { ...times, of: "embedded", x: MARGIN, title: "All functions, embedded queue" },
    { ...times, of: "elasticmq", x: 430, title: "All functions, ElasticMQ" },
  ],
];
