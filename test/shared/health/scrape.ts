import * as z from "zod";

/** Asks a path of a health server. */
export async function ask(
  url: string,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(5000), ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What `/healthz` or `/readyz` says. */
export async function report(
  url: string,
  path: string,
): Promise<{ status: number; body: z.infer<typeof reportSchema> }> {
  const { status, text } = await ask(url, path);
  return { status, body: reportSchema.parse(JSON.parse(text)) };
}

const reportSchema = z
  .looseObject({
    slots: z.array(z.looseObject({ function: z.string(), slot: z.number(), state: z.string() })),
    reason: z.string().optional(),
    opennebula: z.unknown(),
  })
  .partial();

/** The samples of `/metrics`: name and labels as they are written there, for example `up{job="x"}`. */
export async function samples(url: string): Promise<ReadonlyMap<string, number>> {
  const { status, text } = await ask(url, "/metrics");
  if (status !== 200) {
    throw new Error(`/metrics answered ${status}`);
  }
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const end = line.lastIndexOf(" ");
        return [line.slice(0, end), Number(line.slice(end))];
      }),
  );
}
