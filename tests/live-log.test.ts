/** A log followed over a line that breaks: the real server, a real worker, the real client. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createSeededRandom, createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import { clientErrors, createClient, followTask } from "@ironcore-backup/client";
import type { Client, Transport } from "@ironcore-backup/client";
import type { TaskLog, TaskLogLine } from "@ironcore-backup/protocol";
import { startServer } from "@ironcore-backup/server";
import { CuttableLine } from "./support/cuttable-line.ts";
import { BURST_COUNT, LINES_PER_BURST } from "./support/talking-operations.ts";

const clock = createSystemClock();
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Requests over the line; the certificate is the server's, whatever port the line has. */
function transportOver(port: number, ca: string): Transport {
  const url = `https://127.0.0.1:${port}`;
  const broken = (cause: unknown) => clientErrors.SERVER_UNREACHABLE({ url, detail: String(cause) }, cause);
  return {
    url,
    send: ({ method, path, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const options = { method, headers, ca, agent: false, ...(signal === undefined ? {} : { signal }) };
        const sent = request(`${url}${path}`, options, (answer) =>
          resolve({
            status: answer.statusCode ?? 0,
            body: (async function* () {
              try {
                for await (const piece of answer) yield piece as Uint8Array; // No encoding was set.
              } catch (cause) {
                throw broken(cause);
              }
            })(),
          }),
        );
        sent.on("error", (cause) => reject(broken(cause)));
        sent.end(body);
      }),
  };
}

async function anInstallation(): Promise<{ readonly client: Client; readonly line: CuttableLine }> {
  const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "ironcore-live-"));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  const dataDir = join(root, "data");
  const server = await startServer(
    {
      dataDir,
      listen: { host: "127.0.0.1", port: 0 },
      slotCounts: { worker: 1, verifier: 1, gc: 1, sync: 1 },
      logTarget: "file",
    },
    { registryUrl: new URL("./support/talking-operations.ts", import.meta.url) },
  );
  closers.push(() => server.stop());
  const line = await CuttableLine.open(Number(new URL(server.url).port));
  closers.push(() => line.close());
  const ca = readFileSync(join(dataDir, "tls", "certificate.pem"), "utf8");
  const token = readFileSync(join(dataDir, "local-token"), "utf8").trim();
  const client = createClient({ transport: transportOver(line.port, ca), clock }, { token });
  await client.call("createDatastore", { body: { name: "main", path: join(root, "store") } });
  return { client, line };
}

async function wholeLog(client: Client, upid: string): Promise<TaskLogLine[]> {
  const lines: TaskLogLine[] = [];
  for (let start: number | undefined = 1; start !== undefined;) {
    const page: TaskLog = await client.call("getTaskLog", {
      params: { upid },
      query: { start, limit: 1000 },
    });
    lines.push(...page.lines);
    start = page.nextStart;
  }
  return lines;
}

test("every line of a task reaches its follower once and in order, however often the line is cut", async () => {
  const { client, line } = await anInstallation();
  const random = createSeededRandom(createSystemRandom().integer(0, 1_000_000));
  const { upid } = await client.call("startBackup", {
    body: { datastore: "main", id: "talk", paths: ["/talk"] },
  });
  const followed: TaskLogLine[] = [];
  let lossCount = 0;
  const stop = new AbortController();
  const cutting = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(random.integer(50, 500));
      line.cut();
      await clock.sleep(random.integer(0, 100));
      line.mend();
    }
  })();
  const task = await followTask({ client, clock, random }, upid, {
    onLines: (lines) => followed.push(...lines),
    onContact: (reason) => (lossCount += reason === undefined ? 0 : 1),
  });
  stop.abort();
  await cutting;
  expect(task.state).toBe("ok");
  expect(lossCount).toBeGreaterThan(2);
  expect(followed.map((one) => one.number)).toEqual(
    Array.from({ length: task.logLineCount }, (_, at) => at + 1),
  );
  expect(followed.filter((one) => one.code === "TALK")).toHaveLength(BURST_COUNT * LINES_PER_BURST);
  expect(await wholeLog(client, upid)).toEqual(followed);
});
