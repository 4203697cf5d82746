import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheIndex, type Indexed } from "./cache-index.ts";
import { saveDatabase } from "./database.ts";
import { eventVariables, type Endorsed } from "./events.ts";
import { LIST_IDENTIFIER, signedList } from "./image-list.ts";

/** One image as an image list describes it. */
export interface ListedImage {
  readonly identifier: string;
  /** The file that wget would fetch. */
  readonly file: string;
  readonly title: string;
  readonly version: string;
  readonly format?: string;
  readonly description?: string;
  readonly vo?: string;
  /** dc:date:expires of the image. */
  readonly expires?: string;
}

/**
 * Stands in for vmcatcher 0.6.3: keeps `cache/`, `partial/`, `expired/` and `cache.index` as it does, and runs the hook with
 * the same variables, in the same order, through `/bin/sh -c`. `vmcatcher_image -l` is a script that prints the same columns.
 */
export interface Vmcatcher {
  readonly cacheDirectory: string;
  /** Directory with `vmcatcher_image`, for PATH. */
  readonly binDirectory: string;
  /** A new image list: the image is in it with this content. The next run downloads it when it is subscribed. */
  endorse(image: ListedImage): Promise<void>;
  /** `vmcatcher_image -s` / `-u`. An image is subscribed from its first endorsement on. */
  subscribe(identifier: string, subscribed: boolean): Promise<void>;
  /** From now on the list has this dc:date:expires. */
  setListExpiry(date: string): void;
  /**
   * One run of `vmcatcher_cache`. An image whose file is gone cannot be downloaded.
   * @param isLost tells whose postfix event gets lost, as when vmcatcher is killed before it has run the hook
   */
  run(isLost?: (type: string, identifier: string) => boolean): Promise<void>;
}

/** @param options.environment what the hook gets besides the event, for example VMCATCHER_ONE_HOME */
export async function createVmcatcher(options: {
  readonly directory: string;
  readonly hook: string;
  readonly environment: Readonly<Record<string, string>>;
}): Promise<Vmcatcher> {
  const [cache, partial, expired, bin] = ["cache", "partial", "expired", "bin"].map((name) =>
    join(options.directory, name),
  );
  const directories = {
    cache: cache ?? "",
    partial: partial ?? "",
    expired: expired ?? "",
    bin: bin ?? "",
  };
  for (const directory of Object.values(directories)) {
    await mkdir(directory, { recursive: true });
  }
  const listing = join(options.directory, "vmcatcher_image.out");
  await writeFile(listing, "");
  await writeFile(join(directories.bin, "vmcatcher_image"), `#!/bin/sh\nexec cat '${listing}'\n`, {
    mode: 0o755,
  });

  const listed = new Map<string, Endorsed>();
  const subscribed = new Set<string>();
  const cached = new Map<string, Indexed>();
  const awaited = new Map<string, Indexed>();
  let listExpires = "2499-12-31T22:00:00Z";
  const session = createHash("sha256").update(options.directory);
  let runs = 0;

  const saveListing = () => {
    const lines = [...listed.keys()].map(
      (id) => `${id}\t${subscribed.has(id) ? 3 : 2}\t${LIST_IDENTIFIER}\n`,
    );
    saveDatabase(join(options.directory, "vmcatcher.db"), listed, subscribed);
    return writeFile(listing, lines.join(""));
  };
  /** In place, as vmcatcher does. */
  const saveIndex = (directory: string, entries: ReadonlyMap<string, Indexed>) =>
    writeFile(join(directory, "cache.index"), cacheIndex(entries));
  const saveCache = () => saveIndex(directories.cache, cached);

  return {
    cacheDirectory: directories.cache,
    binDirectory: directories.bin,
    endorse: async (image) => {
      const sha512 = createHash("sha512")
        .update(await readFile(image.file))
        .digest("hex");
      if (!listed.has(image.identifier)) {
        subscribed.add(image.identifier);
      }
      listed.set(image.identifier, {
        ...image,
        sha512,
        size: (await stat(image.file)).size,
        list: LIST_IDENTIFIER,
      });
      await saveListing();
    },
    subscribe: async (identifier, wanted) => {
      if (wanted) {
        subscribed.add(identifier);
      } else {
        subscribed.delete(identifier);
      }
      await saveListing();
    },
    setListExpiry: (date) => {
      listExpires = date;
    },
    run: async (isLost = () => false) => {
      const message = signedList([...listed.values()], listExpires);
      const sessionId = session.copy().update(String(runs++)).digest("hex").slice(0, 32);
      const emit = async (type: string, image?: Endorsed, filename?: string) => {
        if (image !== undefined && isLost(type, image.identifier)) {
          return;
        }
        await execa("/bin/sh", ["-c", options.hook], {
          extendEnv: false,
          stdin: "ignore",
          env: {
            PATH: `${directories.bin}:/usr/bin:/bin`,
            ...options.environment,
            VMCATCHER_CACHE_DIR_CACHE: directories.cache,
            VMCATCHER_CACHE_DIR_DOWNLOAD: directories.partial,
            VMCATCHER_CACHE_DIR_EXPIRE: directories.expired,
            VMCATCHER_RDBMS: `sqlite:///${options.directory}/vmcatcher.db`,
            ...eventVariables(type, sessionId, image, filename),
          },
        });
      };
      await emit("ProcessPrefix");
      for (const [identifier, entry] of cached) {
        const { image } = entry;
        if (subscribed.has(identifier) && listed.get(identifier)?.sha512 === image.sha512) {
          cached.set(identifier, { ...entry, message }); // and nothing else: the texts stay those of the download
          continue;
        }
        await emit("ExpirePrefix", image, identifier);
        const filename = `${identifier}.${stamp(new Date())}`;
        await rename(join(directories.cache, identifier), join(directories.expired, filename));
        cached.delete(identifier);
        await saveCache();
        await emit("ExpirePostfix", image, filename);
      }
      for (const [identifier, image] of listed) {
        if (!subscribed.has(identifier) || cached.has(identifier)) {
          continue;
        }
        const tries = (awaited.get(identifier)?.tries ?? 0) + 1;
        if (!(await downloaded(image.file, join(directories.partial, identifier)))) {
          awaited.set(identifier, { image, message, filename: identifier, tries });
          continue;
        }
        await emit("AvailablePrefix", image, identifier);
        await rename(join(directories.partial, identifier), join(directories.cache, identifier));
        awaited.delete(identifier);
        cached.set(identifier, { image, message, filename: identifier, tries });
        await saveCache();
        await emit("AvailablePostfix", image, identifier);
      }
      await saveIndex(directories.partial, awaited);
      await saveCache();
      await emit("ProcessPostfix");
    },
  };
}

async function downloaded(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch {
    return false;
  }
}

/** `%Y-%m-%d_%H-%M-%S` in local time. */
function stamp(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
}
