/** The whole server on a free port for tests: real TLS, real worker processes, operations of the test, datastores in memory. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import { createMemoryDisk } from "@ironcore-backup/engine";
import type { Event, StartedTask, Task, TaskLog } from "@ironcore-backup/protocol";
import { createLocalEngine } from "../datastores/local-engine.ts";
import type { ServerOptions } from "../config/server-options.ts";
import { startServer } from "../main.ts";
import type { RunningServer, ServerParts } from "../main.ts";

export const clock = createSystemClock();
const TEST_SLOT_COUNTS = { worker: 2, verifier: 1, gc: 1, sync: 1 };
/** Datastores in memory: 65,536 directories on disk for each test would take minutes. */
const engine = createLocalEngine({
  clock,
  random: createSystemRandom(),
  disk: createMemoryDisk({ clock }),
});
const registryUrl = new URL("./operations-entry.ts", import.meta.url);
const closers: (() => Promise<void> | void)[] = [];

/** To be called after each test. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close();
}

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: IncomingMessage["headers"];
}

export interface Fixture {
  readonly server: RunningServer;
  readonly dataDir: string;
  readonly ca: string;
  readonly token: string;
  call<Body>(
    method: string,
    path: string,
    options?: { body?: unknown; token?: string | null; raw?: string; headers?: Record<string, string> },
  ): Promise<Answer<Body>>;
}

export function aDataDir(): string {
  const root = mkdtempSync(join(tmpdir(), "ironcore-server-"));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  return join(root, "data");
}

export async function aServer(
  dataDir = aDataDir(),
  options: { slotCounts?: Partial<ServerOptions["slotCounts"]>; parts?: ServerParts } = {},
): Promise<Fixture> {
  const server = await startServer(
    {
      dataDir,
      listen: { host: "127.0.0.1", port: 0 },
      slotCounts: { ...TEST_SLOT_COUNTS, ...options.slotCounts },
      logTarget: "file",
    },
    { engine, registryUrl, onWorkerLost: async () => undefined, ...options.parts },
  );
  closers.push(() => server.stop());
  const ca = readFileSync(join(dataDir, "tls", "certificate.pem"), "utf8");
  const token = readFileSync(join(dataDir, "local-token"), "utf8").trim();
  return {
    server,
    dataDir,
    ca,
    token,
    call: (method, path, { body, token: given, raw, headers } = {}) =>
      send(
        { url: server.url, ca, token: given === undefined ? token : given, headers },
        method,
        path,
        raw ?? (body === undefined ? undefined : JSON.stringify(body)),
      ),
  };
}

export function send<Body>(
  target: { url: string; ca: string; token: string | null; headers?: Record<string, string> | undefined },
  method: string,
  path: string,
  body: string | undefined,
): Promise<Answer<Body>> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...target.headers,
    };
    const sent = request(
      `${target.url}/api/v1${path}`,
      { method, ca: target.ca, headers, agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () => {
          const isJson = answer.headers["content-type"]?.startsWith("application/json") === true;
          // The test says what it expects to find; schemas are compared where it matters.
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: (isJson ? JSON.parse(text) : text) as Body,
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

export async function aDatastore(fixture: Fixture): Promise<void> {
  const path = join(fixture.dataDir, "..", "store");
  const made = await fixture.call("POST", "/datastores", { body: { name: "store", path } });
  expect(made.status).toBe(201);
}

export async function start(fixture: Fixture, path: string, id = "test"): Promise<string> {
  const started = await fixture.call<StartedTask>("POST", "/backups", {
    body: { datastore: "store", id, paths: [path] },
  });
  expect(started.status).toBe(202);
  return started.body.upid;
}

export async function getTask(fixture: Fixture, upid: string): Promise<Task> {
  return (await fixture.call<Task>("GET", `/tasks/${encodeURIComponent(upid)}`)).body;
}

/** Follows the event stream, as a page does, until a fact fits. */
export async function waitFor(fixture: Fixture, upid: string, fits: (task: Task) => boolean): Promise<Task> {
  const events = await openEvents(fixture, { query: `?upid=${encodeURIComponent(upid)}` });
  try {
    const now = await getTask(fixture, upid);
    if (fits(now)) return now;
    for (;;) {
      const event = await events.next();
      if (event.kind === "task-changed" && fits(event.task)) return event.task;
    }
  } finally {
    events.close();
  }
}

export const ended = (task: Task): boolean => task.endedAt !== undefined;
export const running = (task: Task): boolean => task.state === "running" && task.logLineCount > 0;

export interface EventReader {
  next(): Promise<Event>;
  /** Resolves when the server ends it. */
  ended(): Promise<void>;
  close(): void;
}

export function openEvents(
  fixture: Fixture,
  options: { query?: string; lastEventId?: number } = {},
): Promise<EventReader> {
  const waiting: ((event: Event) => void)[] = [];
  const arrived: Event[] = [];
  let rest = "";
  const take = (piece: string): void => {
    rest += piece;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(rest.slice(0, end))?.[1];
      rest = rest.slice(end + 2);
      if (data === undefined) continue;
      const event = JSON.parse(data) as Event; // Compared with its schema in the test of the stream.
      const wake = waiting.shift();
      if (wake === undefined) arrived.push(event);
      else wake(event);
    }
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${fixture.server.url}/api/v1/events${options.query ?? ""}`,
      {
        ca: fixture.ca,
        agent: false,
        headers: {
          authorization: `Bearer ${fixture.token}`,
          ...(options.lastEventId === undefined ? {} : { "last-event-id": String(options.lastEventId) }),
        },
      },
      (answer) => {
        answer
          .setEncoding("utf8")
          .on("data", take)
          .on("error", () => undefined);
        const close = (): void => void sent.destroy();
        closers.push(close);
        resolve({
          close,
          ended: () => new Promise((over) => answer.on("end", over)),
          next: () => {
            const event = arrived.shift();
            return event === undefined ? new Promise((wake) => waiting.push(wake)) : Promise.resolve(event);
          },
        });
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

export async function pidOf(fixture: Fixture, upid: string): Promise<number> {
  const log = await fixture.call<TaskLog>("GET", `/tasks/${encodeURIComponent(upid)}/log`);
  return Number(log.body.lines[0]?.fields["pid"]);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
