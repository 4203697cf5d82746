import type { Check } from "./check.ts";
import { clock } from "./host/clock.ts";
import { diskSpace } from "./host/disk-space.ts";
import { home } from "./host/home.ts";
import { node } from "./host/node.ts";
import { programs } from "./host/programs.ts";
import { qemuImg } from "./host/qemu-img.ts";
import { service } from "./host/service.ts";
import { account } from "./opennebula/account.ts";
import { datastore } from "./opennebula/datastore.ts";
import { datastoreDriver } from "./opennebula/datastore-driver.ts";
import { datastoreSpace } from "./opennebula/datastore-space.ts";
import { doubtfulImages } from "./opennebula/doubtful-images.ts";
import { duplicateImages } from "./opennebula/duplicate-images.ts";
import { eventTimes } from "./opennebula/event-times.ts";
import { failedImages } from "./opennebula/failed-images.ts";
import { oneAuth } from "./opennebula/one-auth.ts";
import { opennebula } from "./opennebula/opennebula.ts";
import { overdueImages } from "./opennebula/overdue-images.ts";
import { predecessorImages } from "./opennebula/predecessor-images.ts";
import { restrictedAttributes } from "./opennebula/restricted-attributes.ts";
import { safeDirs } from "./opennebula/safe-dirs.ts";
import { stagingReadable } from "./opennebula/staging-readable.ts";
import { stuckImages } from "./opennebula/stuck-images.ts";
import { version } from "./opennebula/version.ts";
import { deadLetters } from "./queue/dead-letters.ts";
import { queues } from "./queue/queues.ts";
import { settings } from "./settings/settings.ts";
import { settingsFile } from "./settings/settings-file.ts";
import { timeZone } from "./settings/time-zone.ts";
import { badEvents } from "./vmcatcher/bad-events.ts";
import { cacheIndex } from "./vmcatcher/cache-index.ts";
import { cron } from "./vmcatcher/cron.ts";
import { hardLinks } from "./vmcatcher/hard-links.ts";
import { hook } from "./vmcatcher/hook.ts";
import { hookSettings } from "./vmcatcher/hook-settings.ts";
import { misspeltVariables } from "./vmcatcher/misspelt-variables.ts";
import { spool } from "./vmcatcher/spool.ts";
import { stagingPlace } from "./vmcatcher/staging-place.ts";
import { vmcatcherDatabase } from "./vmcatcher/vmcatcher-database.ts";
import { vmcatcherImage } from "./vmcatcher/vmcatcher-image.ts";
import { waitingEvents } from "./vmcatcher/waiting-events.ts";

/** All checks, in the order in which an event travels: what comes first is often the cause of what comes later. */
export const checks: readonly Check[] = [
  settings,
  settingsFile,
  timeZone,
  node,
  qemuImg,
  programs,
  home,
  diskSpace,
  clock,
  cron,
  misspeltVariables,
  hook,
  hookSettings,
  vmcatcherImage,
  spool,
  waitingEvents,
  badEvents,
  stagingPlace,
  hardLinks,
  cacheIndex,
  vmcatcherDatabase,
  service,
  queues,
  deadLetters,
  oneAuth,
  opennebula,
  version,
  account,
  datastore,
  datastoreSpace,
  datastoreDriver,
  safeDirs,
  stagingReadable,
  restrictedAttributes,
  duplicateImages,
  failedImages,
  stuckImages,
  overdueImages,
  doubtfulImages,
  predecessorImages,
  eventTimes,
];
