import { createServer, request } from "node:http";

/** Stands before an HTTP server and counts how many requests are under way at a time. */
export interface CountingProxy {
  readonly url: string;
  /** Where to pass requests on to; set before the first one comes. */
  passTo(url: string): void;
  mostAtATime(): number;
  total(): number;
  close(): void;
}

export async function startCountingProxy(path: string): Promise<CountingProxy> {
  let target = "";
  let underWay = 0;
  let most = 0;
  let total = 0;
  const server = createServer((incoming, answer) => {
    underWay += 1;
    total += 1;
    most = Math.max(most, underWay);
    answer.on("close", () => {
      underWay -= 1;
    });
    const { method, headers } = incoming;
    const outgoing = request(target, { method, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on("error", () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    passTo: (url) => {
      target = url;
    },
    mostAtATime: () => most,
    total: () => total,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
