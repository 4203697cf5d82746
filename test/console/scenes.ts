import {
  identifierOverviews,
  type IdentifierOverview,
} from "../../functions/shared/overview/identifier-overview.ts";
import type { ConversionOverview } from "../../functions/shared/overview/conversion-overview.ts";
import type { Overview } from "../../functions/shared/overview/overview.ts";
import type {
  DeadLetterOverview,
  QueueOverview,
} from "../../functions/shared/overview/queue-overview.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import type { Sample } from "../../functions/console/samples.ts";
import { imageOf } from "../shared/overview/images.ts";

/** When every scene plays. */
export const NOW = "2026-11-22T18:00:00.000Z";

const STEPS = ["capture-metadata", "convert-image", "register-image", "restore-permissions"];
const DAY_MS = 86_400_000;

/** An overview with nothing in it, and what is given. */
export function overviewOf(given: Partial<Overview> = {}): Overview {
  return {
    at: NOW,
    spool: { waiting: 0, bad: [] },
    queues: queuesOf({}),
    conversions: [],
    identifiers: [],
    ...given,
  };
}

/** What is told of the images, where vmcatcher's index is not known. */
export function identifiersOf(
  images: readonly Image[],
  work: Partial<Pick<Parameters<typeof identifierOverviews>[0], "queues" | "conversions">> = {},
): readonly IdentifierOverview[] {
  return identifierOverviews({ images, queues: [], conversions: [], endorsed: undefined, ...work });
}

/** The four queues, empty but for what is given. */
export function queuesOf(
  given: Readonly<Record<string, Partial<QueueOverview>>>,
): readonly QueueOverview[] {
  return STEPS.map((name) => ({
    name,
    waiting: 0,
    inFlight: 0,
    dead: given[name]?.deadLetters?.length ?? 0,
    deadLetters: [],
    ...given[name],
  }));
}

export function deadLetterOf(given: Partial<DeadLetterOverview> = {}): DeadLetterOverview {
  return {
    id: "0195b1f4-0000-4000-8000-000000000001",
    function: "convert-image",
    identifier: identifierOf(1),
    code: "format-mismatch",
    text: "the list says qcow2, the file is VMDK",
    time: "2026-11-22T15:12:40.000Z",
    attempts: 1,
    ...given,
  };
}

/** A dc:identifier as they are. */
export function identifierOf(index: number): string {
  return `de355bfb-5781-5b0c-9ccd-${index.toString(16).padStart(12, "0")}`;
}

/** The versions of one image, the live one last, a month apart. */
export function versionsOf(
  index: number,
  given: {
    readonly versions?: number;
    readonly title?: string;
    readonly vo?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly live?: Partial<Image>;
  } = {},
): readonly Image[] {
  const identifier = identifierOf(index);
  const { versions = 3, title = `Image ${index}`, vo = "fedcloud.egi.eu" } = given;
  return Array.from({ length: versions }, (_, age) => {
    const at = new Date(Date.parse(NOW) - (age * 30 + (index % 27) + 1) * DAY_MS);
    const last = age === 0;
    const image = imageOf(
      {
        id: index * 20 + versions - age,
        name: last ? identifier : `${identifier}_${at.toISOString().slice(0, 10)}`,
        uname: last ? "cloudadmin" : "oneadmin",
        gname: last ? vo : "oneadmin",
        mode: last ? "640" : "700",
        state: last ? "READY" : "DISABLED",
        sizeMb: 10_240,
        runningVms: last ? index % 5 : 0,
        registeredAt: at.getTime() / 1000,
        ...(last ? given.live : {}),
      },
      {
        STATE: last ? "live" : "superseded",
        EVENT_TIME: new Date(at.getTime() + (last ? 0 : 30 * DAY_MS)).toISOString(),
        ...(last ? given.attributes : {}),
      },
      identifier,
    );
    const listed = new Map([
      ["VMCATCHER_EVENT_DC_TITLE", title],
      ["VMCATCHER_EVENT_VO", vo],
      ["VMCATCHER_EVENT_HV_VERSION", at.toISOString().slice(0, 10).replaceAll("-", ".")],
    ]);
    return { ...image, attributes: new Map([...listed, ...image.attributes]) };
  });
}

/** A conversion in the middle. */
export function conversionOf(given: Partial<ConversionOverview> = {}): ConversionOverview {
  return {
    jobId: "0123456789abcdef0123456789abcdef",
    identifier: identifierOf(2),
    title: "Ubuntu 24.04 [Linux/QCOW2]",
    step: "converting",
    percent: 63.2,
    bytes: 4_831_838_208,
    startedAt: "2026-11-22T17:57:20.000Z",
    updatedAt: NOW,
    bytesPerSecond: 118_000_000,
    secondsLeft: 94,
    ...given,
  };
}

/** Everything as it should be, with some work under way. */
export function busySite(): Overview {
  const conversions = [
    conversionOf(),
    conversionOf({
      jobId: "1123456789abcdef0123456789abcdef",
      identifier: identifierOf(5),
      title: "CentOS Stream 9 for ops",
      step: "unpacking",
      percent: 12.4,
      bytes: 912_000_000,
      bytesPerSecond: 43_000_000,
      secondsLeft: 19,
      startedAt: "2026-11-22T17:59:52.000Z",
    }),
  ];
  const queues = queuesOf({
    "convert-image": { waiting: 3, inFlight: 2, oldestAgeSeconds: 412 },
    "register-image": { inFlight: 1, oldestAgeSeconds: 41 },
  });
  return overviewOf({
    conversions,
    queues,
    identifiers: identifiersOf(siteImages(), { queues, conversions }),
  });
}

/** Much that is wrong at once. */
export function troubledSite(): Overview {
  const conversions = [conversionOf()];
  const queues = queuesOf({
    "capture-metadata": { waiting: 2, oldestAgeSeconds: 4000 },
    "convert-image": {
      inFlight: 1,
      deadLetters: [
        deadLetterOf(),
        deadLetterOf({
          id: "0195b1f4-0000-4000-8000-000000000002",
          identifier: identifierOf(4),
          code: "checksum-mismatch",
          text: "the file's sha512 is 9f86d081884c7d65…, the list announces 60303ae22b998861…",
          time: "2026-11-22T02:40:11.000Z",
          attempts: 3,
        }),
      ],
    },
    "register-image": {
      deadLetters: [
        deadLetterOf({
          id: "0195b1f4-0000-4000-8000-000000000003",
          function: "register-image",
          identifier: identifierOf(6),
          code: "copy-failed",
          text: "image 131: Error copying image in the datastore: Not allowed to copy images from /var/lib/vmcatcher-one/staging, see RESTRICTED_DIRS and SAFE_DIRS",
        }),
      ],
    },
  });
  return overviewOf({
    spool: {
      waiting: 4,
      oldest: "2026-11-22T17:58:00.000Z",
      bad: [{ name: "1795339616.000000000-0000001", reason: "VMCATCHER_EVENT_TYPE is not set" }],
    },
    conversions,
    queues,
    identifiers: identifiersOf(siteImages(), { queues, conversions }),
  });
}

function siteImages(): readonly Image[] {
  const titles = [
    "Ubuntu 22.04 LTS, EGI",
    "Ubuntu 24.04 [Linux/QCOW2]",
    "Debian 12 “bookworm”",
    "AlmaLinux 9 GPU (CUDA 12)",
    "CentOS Stream 9 for ops",
    "Rocky Linux 9, minimal",
    "EOSC Jupyter single user",
    "Docker host, Fedora CoreOS",
    "Scientific Linux 7 (frozen)",
  ];
  return titles.flatMap((title, index) =>
    versionsOf(index + 1, {
      title,
      versions: [4, 3, 6, 2, 12, 1, 3, 5, 2][index] ?? 1,
      vo: ["fedcloud.egi.eu", "ops", "vo.access.egi.eu"][index % 3] ?? "",
      attributes: index === 8 ? { STALE_SINCE: "2026-10-02T04:10:00Z" } : {},
    }),
  );
}

/** A day of samples: quiet, a run of vmcatcher every six hours, an outage. */
export function samplesOf(count: number): readonly Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const phase = index % 720;
    const waiting = phase < 160 ? Math.max(0, Math.round(34 - phase / 4.7)) : 0;
    const converting = waiting > 0 ? 2 : 0;
    return {
      at: Date.parse(NOW) - (count - 1 - index) * 30_000,
      backlog:
        index > 1300 && index < 1400
          ? undefined
          : { waiting, inFlight: converting, dead: index > 900 && index < 2100 ? 3 : 0 },
      converting,
      bytesPerSecond:
        converting * (48 + 14 * Math.sin(index / 7) + 5 * Math.sin(index / 2.3)) * 2 ** 20,
    };
  });
}
