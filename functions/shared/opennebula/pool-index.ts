import { IDENTIFIER } from "../../job/identifier.ts";
import type { Image } from "./opennebula.ts";

/** The readings that an index is kept with. */
export interface PoolReadings {
  /** The whole pool. */
  all(signal: AbortSignal): Promise<readonly Image[]>;
  /** All images with a higher id. */
  newerThan(id: number, signal: AbortSignal): Promise<readonly Image[]>;
  /** @returns undefined when there is no such image (any more) */
  image(id: number, signal: AbortSignal): Promise<Image | undefined>;
  /** Milliseconds, ever rising. */
  now(): number;
}

/**
 * Finds the images of one identifier without reading the whole pool each time: OpenNebula has no search, and a pool of 10,000
 * images is 15 MB of XML.
 *
 * The index only says where to look. The images that it names are read anew at each question, and so are all that were made since
 * the last one, for ids only grow and are never used again (measured with 6.10 to 7.4). What it can miss, for a minute, is an image
 * that an administrator turns into one of the identifier by hand. A small pool is read as a whole: that is a single call.
 */
export class PoolIndex {
  readonly #readings: PoolReadings;
  /** NAME and identifier of each image, by its id. */
  readonly #keys = new Map<number, readonly string[]>();
  #newestId = -1;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(readings: PoolReadings) {
    this.#readings = readings;
  }

  /** The images that have the identifier as their NAME or as their attribute, newest first. */
  async imagesOf(identifier: string, signal: AbortSignal): Promise<readonly Image[]> {
    const isOld = this.#readings.now() - this.#readAt >= MAX_AGE_MS;
    if (isOld || this.#keys.size <= SMALL_POOL) {
      return imagesOf(identifier, await this.#readAll(signal));
    }
    const newer = await this.#readings.newerThan(this.#newestId, signal);
    const known = [...this.#keys].filter(([, keys]) => keys.includes(identifier));
    this.#note(newer);
    if (known.length > MANY_VERSIONS) {
      return imagesOf(identifier, await this.#readAll(signal));
    }
    const again = await Promise.all(known.map(([id]) => this.#readAgain(id, signal)));
    const images = [...newer, ...again.filter((image) => image !== undefined)];
    return imagesOf(
      identifier,
      images.sort((a, b) => b.id - a.id),
    );
  }

  /** Whoever comes while an old index is made new uses the old one, so that a crowd does not read the pool as often as it has heads. */
  async #readAll(signal: AbortSignal): Promise<readonly Image[]> {
    const readAt = this.#readAt;
    if (this.#newestId >= 0) {
      this.#readAt = this.#readings.now();
    }
    try {
      const images = await this.#readings.all(signal);
      // From nothing, also the newest id: what others have noted meanwhile may not be in this reading, and is found again.
      this.#keys.clear();
      this.#newestId = -1;
      this.#note(images);
      this.#readAt = this.#readings.now();
      return images;
    } catch (error) {
      this.#readAt = readAt;
      throw error;
    }
  }

  async #readAgain(id: number, signal: AbortSignal): Promise<Image | undefined> {
    const image = await this.#readings.image(id, signal);
    if (image === undefined) {
      this.#keys.delete(id);
    }
    return image;
  }

  #note(images: readonly Image[]): void {
    for (const { id, name, attributes } of images) {
      const identifier = attributes.get(IDENTIFIER);
      this.#keys.set(id, identifier === undefined ? [name] : [name, identifier]);
      this.#newestId = Math.max(this.#newestId, id);
    }
  }
}

const MAX_AGE_MS = 60_000;
/** 50 images are 100 kB, less than what three calls cost. */
const SMALL_POOL = 50;
/** Reading that many one by one costs as much as reading a page of the pool. */
const MANY_VERSIONS = 30;

/** Those of some images that have the identifier as their NAME or as their attribute. */
export function imagesOf(identifier: string, images: readonly Image[]): readonly Image[] {
  return images.filter(
    (image) => image.name === identifier || image.attributes.get(IDENTIFIER) === identifier,
  );
}
