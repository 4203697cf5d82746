import { link, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorText } from "../log/error-text.ts";
import { succeeds } from "../files/succeeds.ts";
import { systemCode } from "../files/system-code.ts";
import type { UnseenEvent } from "./unseen-event.ts";
import { explained } from "./spool-failure.ts";
import type { SpoolDirectories } from "./spool.ts";

/**
 * Records an event as the hook does: pins the image with a hard link, writes the entry to `tmp/`, syncs it and renames it to
 * `new/`. The entry's name begins with the event's time, so it stands before what vmcatcher has announced since.
 * @throws SpoolFailure; the entry is not there then, and neither is the pin
 */
export async function recordEvent(
  { spoolDirectory, stagingDirectory }: SpoolDirectories,
  event: UnseenEvent,
): Promise<void> {
  const waiting = join(spoolDirectory, "new");
  const unready = join(spoolDirectory, "tmp");
  for (const directory of [unready, waiting, stagingDirectory]) {
    await explained("make", directory, () => mkdir(directory, { recursive: true, mode: 0o750 }));
  }
  const { name, file } = await reserve(unready, waiting, event.time);
  const path = join(unready, name);
  const pin = join(stagingDirectory, `pin-${name}`);
  try {
    const found = event.file === undefined ? {} : await pinned(event.file, pin);
    await explained("write", path, async () => {
      await file.writeFile(records({ ...event.variables, ...own(event, found) }));
      await file.sync();
    });
    await explained("move", path, () => rename(path, join(waiting, name)));
  } catch (error) {
    await rm(pin, { force: true });
    await rm(path, { force: true });
    await file.close();
    throw error;
  }
  await file.sync().catch(() => undefined); // makes the name durable; the event counts from the renaming on, as the hook's does
  await file.close();
}

const MODE = 0o640; // as the hook's umask has it

/** Takes a name that nobody has, as the hook does. */
async function reserve(unready: string, waiting: string, time: string) {
  const [seconds = "", nanos = ""] = time.split(".");
  const ours = String(process.pid).padStart(7, "0");
  for (let next = BigInt(seconds + nanos); ; next += 1n) {
    const digits = String(next).padStart(10, "0");
    const name = `${digits.slice(0, -9)}.${digits.slice(-9)}-${ours}`;
    const path = join(unready, name);
    const file = await explained("make", path, () => openNew(path));
    if (file === undefined) {
      continue;
    }
    if (!(await succeeds(lstat(join(waiting, name))))) {
      return { name, file };
    }
    await file.close();
    await rm(path, { force: true });
  }
}

async function openNew(path: string) {
  try {
    return await open(path, "wx", MODE);
  } catch (error) {
    if (systemCode(error) === "EEXIST") {
      return undefined;
    }
    throw error;
  }
}

/** Where no link is possible (another file system, a read-only mount), the path alone is recorded. */
async function pinned(file: string, pin: string) {
  try {
    await link(file, pin);
    if ((await lstat(pin)).isFile()) {
      return { SOURCE: file, PIN: pin };
    }
    await rm(pin);
    return { SOURCE: file, PIN_ERROR: `${file} is not a regular file` };
  } catch (error) {
    return { SOURCE: file, PIN_ERROR: errorText(error) };
  }
}

/** What the hook has to say itself, the time last. */
function own(event: UnseenEvent, found: Readonly<Record<string, string>>) {
  const facts = {
    ...found,
    ...(event.subscription === undefined ? {} : { SUBSCRIPTION: event.subscription }),
    TIME: event.time,
  };
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [`VMCATCHER_ONE_HOOK_${name}`, value]),
  );
}

/** NUL ends a record, so none can be in a value; a variable of the environment cannot hold one either. */
function records(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value.replaceAll("\0", "")}\0`)
    .join("");
}
