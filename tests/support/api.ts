/** The REST API of an installation for tests that ask too often to start a command each time. */

import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { createSystemClock } from "@ironcore-backup/base";
import { clientErrors, createClient } from "@ironcore-backup/client";
import type { Client, Transport } from "@ironcore-backup/client";
import type { Installation } from "./installation.ts";

interface ServerFile {
  readonly url: string;
  readonly pid: number;
}

/** What the running server wrote about itself. */
export function serverFile(ibs: Installation): ServerFile {
  return JSON.parse(readFileSync(join(ibs.dataDir, "server.json"), "utf8")) as ServerFile; // Its own shape.
}

/** As the administrator of this machine. To be made anew after each start of the server. */
export function connect(ibs: Installation): Client & { close(): void } {
  const agent = new Agent({
    keepAlive: true,
    ca: readFileSync(join(ibs.dataDir, "tls", "certificate.pem")),
  });
  const token = readFileSync(join(ibs.dataDir, "local-token"), "utf8").trim();
  const client = createClient(
    { transport: createAgentTransport(serverFile(ibs).url, agent), clock: createSystemClock() },
    { token },
  );
  return { ...client, close: () => agent.destroy() };
}

function createAgentTransport(url: string, agent: Agent): Transport {
  return {
    url,
    send: ({ method, path, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const unreachable = (cause: Error): Error =>
          clientErrors.SERVER_UNREACHABLE({ url, detail: cause.message }, cause);
        const sent = request(
          `${url}${path}`,
          { method, headers: { ...headers }, agent, ...(signal === undefined ? {} : { signal }) },
          (answer: IncomingMessage) => resolve({ status: answer.statusCode ?? 0, body: answer }),
        );
        sent.on("error", (cause) => reject(unreachable(cause)));
        sent.end(body);
      }),
  };
}
