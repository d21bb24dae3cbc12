import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { loadPage } from "#page";
import { RunError, readRecord } from "../read-run.ts";
import { dashboardHtml } from "../report-html.ts";
import { Feed } from "./feed.ts";
import { streamPath } from "./messages.ts";

export interface DashboardOptions {
  /** Any free one where not given, or 0. */
  readonly port?: number;
}

export interface Dashboard {
  readonly url: string;
  /** Tells open pages what there still is, and ends the server. */
  close(): Promise<void>;
}

/** A port that cannot be listened on. */
export class PortError extends Error {
  override readonly name = "PortError";
  /** Of the system, such as `EADDRINUSE`. */
  readonly code: string | undefined;

  constructor(port: number, cause: Error & { readonly code?: string }) {
    const why = cause.code === "EADDRINUSE" ? "is in use" : `cannot be listened on: ${cause.message}`;
    super(`port ${port} ${why}`, { cause });
    this.code = cause.code;
  }
}

/** This machine alone: what runs say is nobody else's. */
const address = "127.0.0.1";

/**
 * Serves the report of a run, or of several beside each other, to browsers on this machine, and tells them what is written to
 * the folders while training goes on, in this process or in another. Any number of pages may be open.
 *
 * @throws RunError where a folder holds no run
 * @throws PortError where the port is in use
 */
export async function startDashboard(
  folders: string | readonly string[],
  { port = 0 }: DashboardOptions = {},
): Promise<Dashboard> {
  const all = typeof folders === "string" ? [folders] : folders;
  if (all.length === 0) throw new RunError("a dashboard needs the folder of a run");
  await Promise.all(all.map(readRecord));
  const html = dashboardHtml(await loadPage());
  const feeds = new Set<Feed>();

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (!isForUs(request)) {
      response.writeHead(403).end();
    } else if (request.method !== "GET") {
      response.writeHead(405, { allow: "GET" }).end();
    } else if (request.url === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(html);
    } else if (request.url === streamPath) {
      const feed = new Feed(all, response);
      feeds.add(feed);
      response.on("close", () => feeds.delete(feed));
    } else {
      response.writeHead(404).end();
    }
  };
  const server = createServer(answer);
  const bound = await listen(server, port);
  return {
    url: `http://${address}:${bound}/`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...feeds].map((feed) => feed.stop()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A page of elsewhere may have its own name stand for this address; then the browser says that name. */
function isForUs({ headers }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? "");
}

/** @returns The port. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new PortError(port, error)));
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}
