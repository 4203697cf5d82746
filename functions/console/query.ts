/** What an address asks for. */
export interface Query {
  /** What images are to match. */
  readonly q: string;
  /** All images, however many. */
  readonly all: boolean;
  /** The identifier to show alone. */
  readonly image: string | undefined;
  /** What was done by the form that led here. */
  readonly done: string | undefined;
}

/** Reads it; everything is from outside and nothing is refused. */
export function readQuery(query: Readonly<Record<string, string>>): Query {
  return {
    q: (query["q"] ?? "").trim().slice(0, MAX_CHARACTERS),
    all: query["all"] !== undefined,
    image: query["image"]?.slice(0, MAX_CHARACTERS),
    done: query["done"],
  };
}

/** The address that asks for this, without what was done; relative, since a proxy may show the page below any path. */
export function addressOf({ q, all, image }: Omit<Query, "done">): string {
  const query = new URLSearchParams({
    ...(image === undefined ? {} : { image }),
    ...(q === "" ? {} : { q }),
    ...(all ? { all: "1" } : {}),
  });
  return query.size === 0 ? "./" : `./?${query.toString()}`;
}

/** The page of one image. */
export function imageAddress(identifier: string): string {
  return addressOf({ image: identifier, q: "", all: false });
}

const MAX_CHARACTERS = 200; // an identifier has at most 64
