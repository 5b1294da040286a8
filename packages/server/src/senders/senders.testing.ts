/** What the tests of senders share: messages, a mail server and a web server on this machine, certificates. */

import { createServer as createHttpServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import type { NotificationMessage } from "@ironcore-backup/protocol";
import { createCertificate } from "../config/certificate.ts";
import { createSenders } from "./senders.ts";
import type { SenderNeeds } from "./senders.ts";
import { sampleMessage } from "./sample-message.ts";

export const AT = Date.UTC(2026, 10, 23, 21, 49, 5);
export const SAMPLE = { at: AT, installation: "pbs1", url: "https://backup.example:8007" };

export function certificateFor(...hostNames: string[]) {
  return createCertificate({ clock: createSystemClock(), random: createSystemRandom() }, hostNames);
}

export function testSenders(given: Partial<SenderNeeds> = {}) {
  return createSenders({
    clock: createSystemClock(),
    random: createSystemRandom(),
    timeZone: "Europe/Berlin",
    node: "pbs1",
    ...given,
  });
}

export function never(): { readonly signal: AbortSignal } {
  return { signal: new AbortController().signal };
}

/** A message about `count` things, of which as many are entries as there may be; `title` is in each. */
export function manyFailures(
  count: number,
  change: { title?: string; text?: string } = {},
): NotificationMessage {
  const message = sampleMessage("single", SAMPLE);
  const [entry] = message.entries;
  if (entry === undefined) return message;
  return {
    ...message,
    id: "ironcore-pbs1-9",
    kind: "bundle",
    title: change.title ?? `${count} events`,
    entries: Array.from({ length: Math.min(50, count) }, (_, index) => ({
      ...entry,
      notice: index,
      workload: `web-${index}`,
      title: change.title ?? `Backup of web-${index} (job nightly) failed`,
      text: change.text ?? entry.text,
    })),
    entryCount: count,
    summary: [{ event: entry.event, change: entry.change, count }],
  };
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

export async function startWebServer(
  answer: (response: ServerResponse, request: SeenRequest) => void,
  options: { readonly tls?: { readonly keyPem: string; readonly certificatePem: string } } = {},
): Promise<WebServer> {
  const seen: SeenRequest[] = [];
  const listener: RequestListener = (request, response) => {
    void readBody(request).then((body) => {
      const { method = "", url = "", headers } = request;
      const one = { method, path: url, headers, body };
      seen.push(one);
      answer(response, one);
    });
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ key: tls.keyPem, cert: tls.certificatePem }, listener);
  const port = await listen(server);
  return {
    url: `${tls === undefined ? "http" : "https"}://localhost:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
