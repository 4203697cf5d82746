import { html } from "hono/html";
import type { IdentifierOverview } from "../../shared/overview/identifier-overview.ts";
import type { ImageOverview, VersionOverview } from "../../shared/overview/image-overview.ts";
import { counted, type Html } from "./text.ts";

/** One image in the life of an identifier. */
export interface Stage {
  readonly image: ImageOverview | VersionOverview;
  readonly became: "pending" | "live" | "superseded" | "expired" | "unknown";
  /** Milliseconds since 1970; undefined while it lasts. */
  readonly until: number | undefined;
}

/** All images of an identifier, oldest first. What nobody has noted the end of lasted until the next one came. */
export function stagesOf({ live, pending, versions }: IdentifierOverview): readonly Stage[] {
  const images: readonly Omit<Stage, "until">[] = [
    ...versions.toReversed().map((image) => ({ image, became: image.became })),
    ...(live === undefined ? [] : [{ image: live, became: "live" as const }]),
    ...pending.map((image) => ({ image, became: "pending" as const })),
  ];
  return images.map((stage, index) => ({ ...stage, until: endOf(stage, images[index + 1]) }));
}

function endOf({ image, became }: Omit<Stage, "until">, next: Omit<Stage, "until"> | undefined) {
  if (became === "live" || became === "pending") {
    return undefined;
  }
  const noted = "retiredAt" in image ? image.retiredAt : undefined;
  const end = Date.parse(noted ?? next?.image.registeredAt ?? image.registeredAt);
  return Number.isNaN(end) ? undefined : end;
}

/** The versions of an image as beads on a string, the newest at the right end. */
export function lineageBeads(its: IdentifierOverview): Html {
  const stages = stagesOf(its);
  const shown = stages.slice(-BEADS);
  const width = Math.max(1, shown.length) * STEP;
  const more = stages.length - shown.length;
  return html`<span class="beads"
    >${more > 0 && html`<span class="more" aria-hidden="true">+${more}</span>`}<svg
      width="${width}"
      height="${STEP}"
      role="img"
      aria-label="${lineageText(stages)}"
    >
      <path class="string" d="M8 8H${width - 8}" />
      ${[...Map.groupBy(shown.entries(), ([, { became }]) => became)].map(
        ([became, its]) =>
          html`<path
            class="${became}"
            d="${its.map(([index]) => `M${index * STEP + 8} 8${SHAPES[became]}`).join("")}"
          />`,
      )}
    </svg></span
  >`;
}

/** From the middle of the bead: a dot (its size is the style sheet's), a ring, a cross. */
const SHAPES: Readonly<Record<Stage["became"], string>> = {
  live: "h0",
  superseded: "h0",
  unknown: "h0",
  pending: "m-4 0a4 4 0 108 0 4 4 0 10-8 0",
  expired: "m-3-3l6 6m0-6l-6 6",
};

const STEP = 16;
const BEADS = 7;

function lineageText(stages: readonly Stage[]): string {
  const count = (became: Stage["became"], word: string) => {
    const found = stages.filter((stage) => stage.became === became).length;
    return found === 0 ? [] : [`${found} ${word}`];
  };
  return [
    counted(stages.length, "version"),
    [
      ...count("live", "live"),
      ...count("pending", "on its way"),
      ...count("superseded", "superseded"),
      ...count("expired", "expired"),
      ...count("unknown", "retired"),
    ].join(", "),
  ].join(": ");
}
