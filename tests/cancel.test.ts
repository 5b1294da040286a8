/** An operator's cancel reaches real operations, with all their threads, within two seconds, and leaves the datastore sound. */

import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Task } from "@ironcore-backup/protocol/calls";
import { connect } from "./support/api.ts";
import { Installation } from "./support/installation.ts";
import { growSlowSource } from "./support/slow-source.ts";

const CANCEL_MS_MAX = 2000;
/** On a quick machine what only reads would be over before anybody could cancel it. */
const SLOWLY = { bandwidthLimitBytesPerSecond: 24 << 20 };

describe("cancelling", () => {
  const ibs = new Installation();
  let client: ReturnType<typeof connect>;

  beforeAll(async () => {
    growSlowSource(ibs.path("source"), 12);
    await ibs.start();
    client = connect(ibs);
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    const words = ["--path", ibs.path("source"), "--datastore", "main", "--id", "one", "--wait"];
    ibs.must("backup", ...words);
  });
  afterAll(() => ibs.dispose());

  const read = (upid: string): Promise<Task> => client.call("getTask", { params: { upid } });

  async function until(upid: string, holds: (task: Task) => boolean): Promise<Task> {
    for (;;) {
      const task = await read(upid);
      if (holds(task)) return task;
      expect(task.endedAt, `${task.type} ended before it could be cancelled`).toBeUndefined();
      await new Promise((wake) => setTimeout(wake, 10));
    }
  }

  const threadCount = (pid: number): number => readdirSync(`/proc/${pid}/task`).length;

  const starters = {
    backup: () =>
      client.call("startBackup", {
        body: { datastore: "main", id: "two", paths: [ibs.path("source")], compressionLevel: 19 },
      }),
    verify: () =>
      client.call("startVerify", { body: { datastore: "main", snapshot: "host/one/latest", ...SLOWLY } }),
    restore: () =>
      client.call("startRestore", {
        body: { datastore: "main", snapshot: "host/one/latest", target: ibs.store("target"), ...SLOWLY },
      }),
  };

  test.each(["backup", "verify", "restore"] as const)("ends a %s within two seconds", async (type) => {
    const { upid } = await starters[type]();
    await until(upid, (task) => task.state === "running" && task.stages.length > 0);
    const { workers } = await client.call("listWorkers", {});
    const pid = workers.flatMap((worker) => worker.runs).find((run) => run.upid === upid)?.pid ?? 0;
    const threads = threadCount(pid);
    const askedAtMs = performance.now();
    await client.call("cancelTask", { params: { upid } });
    const task = await until(upid, (now) => now.endedAt !== undefined);
    const tookMs = performance.now() - askedAtMs;
    process.stdout.write(`${type} with ${threads} threads cancelled in ${Math.round(tookMs)} ms\n`);
    expect(task.state).toBe("cancelled");
    expect(tookMs).toBeLessThan(CANCEL_MS_MAX);
    ibs.must("verify", "--datastore", "main", "--wait");
    const listed = ibs.json<unknown[]>("snapshot", "list", "--datastore", "main");
    expect(listed).toHaveLength(1);
  });
});
