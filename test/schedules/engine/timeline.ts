/** Something that happens at a moment of virtual time. */
interface Moment {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Virtual time. What is scheduled runs one after the other, in the order of time and then of scheduling; between two moments all
 * promises settle that can. So a run has only the concurrency that the schedule gives it, and the same schedule the same run.
 */
export class Timeline {
  /** Milliseconds since 1970. */
  now: number;
  #scheduled = 0;
  readonly #heap: Moment[] = [];

  constructor(start: number) {
    this.now = start;
  }

  /** Runs something once, after so many milliseconds. */
  after(milliseconds: number, run: () => void): void {
    this.#scheduled += 1;
    const at = this.now + Math.max(0, milliseconds);
    sift(this.#heap, { at, order: this.#scheduled, run });
  }

  /** Lets time pass until `isOver`, which is asked between two moments. */
  run(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          const moment = isOver() ? undefined : take(this.#heap);
          if (moment === undefined) {
            resolve();
            return;
          }
          this.now = moment.at;
          moment.run();
          setImmediate(turn); // all promises that can settle do so before it
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      setImmediate(turn);
    });
  }
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Puts a moment into a binary heap. */
function sift(heap: Moment[], moment: Moment): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || isBefore(above, moment)) {
      break;
    }
    heap[index] = above;
    index = parent;
  }
  heap[index] = moment;
}

/** Takes the earliest moment out of a binary heap. */
function take(heap: Moment[]): Moment | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) {
    return first;
  }
  let index = 0;
  for (;;) {
    const left = heap[2 * index + 1];
    const right = heap[2 * index + 2];
    const child = left !== undefined && right !== undefined && isBefore(right, left) ? 2 : 1;
    const below = child === 2 ? right : left;
    if (below === undefined || isBefore(last, below)) {
      break;
    }
    heap[index] = below;
    index = 2 * index + child;
  }
  heap[index] = last;
  return first;
}
