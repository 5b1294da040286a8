/**
 * Garbage collections of a real datastore beside backups that find again what the collection is about to remove, and
 * `kill -9` of either worker, of the server, of everything. What must hold: each snapshot that a backup finished verifies, and
 * when nothing runs any more, a last collection leaves exactly what the snapshots name.
 *
 * Each round: older snapshots are pruned; the access times of all chunks are set back by two days while nothing runs; then
 * backups of sources that hold older content again, and a collection among them. The seed is printed; `IRONCORE_TEST_SEED`
 * gives it back, `IRONCORE_TEST_ROUNDS=50` makes it longer.
 */

import { randomInt } from "node:crypto";
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol/calls";
import { connect, serverFile } from "../support/api.ts";
import { Installation } from "../support/installation.ts";

const ROUND_COUNT = Number(process.env["IRONCORE_TEST_ROUNDS"] ?? 5);
const SEED = Number(process.env["IRONCORE_TEST_SEED"] ?? randomInt(2 ** 31));
const GROUPS = ["g0", "g1", "g2"];
/** Few, so that what was pruned comes back soon. */
const CONTENT_COUNT = 8;
const CONTENT_SIZE_BYTES = 6_000_000;
const KILL_AFTER_MS_MAX = 900;
const TWO_DAYS_SECONDS = 172_800;
const KINDS = ["worker", "server", "everything", "nothing"] as const;

describe(`${ROUND_COUNT} collections beside backups, with kill -9`, () => {
  const ibs = new Installation();
  const random = createSeededRandom(SEED);
  let client: ReturnType<typeof connect>;
  const start = async (): Promise<void> => {
    await ibs.start("--slots", "5");
    client = connect(ibs);
  };
  const sourceOf = (group: string): string => ibs.path("sources", group);
  const chunkFiles = (): string[] =>
    readdirSync(join(ibs.store(), ".chunks"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  beforeAll(async () => {
    process.stdout.write(`IRONCORE_TEST_SEED=${SEED}\n`);
    for (const group of GROUPS) mkdirSync(sourceOf(group), { recursive: true });
    await start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
  });
  afterAll(() => ibs.dispose());

  test("take nothing that a snapshot needs, and all that none needs", { timeout: 3_600_000 }, async () => {
    const counts = { ok: 0, lost: 0, freed: 0 };
    for (let round = 1; round <= ROUND_COUNT; round++) {
      for (const group of GROUPS) giveContent(group);
      await settle(GROUPS.map(startBackup));
      ibs.must("prune", "--datastore", "main", "--keep-last", "2", "--wait");
      letTwoDaysPass();
      for (const group of GROUPS) giveContent(group);
      const kind = KINDS[(round - 1) % KINDS.length] ?? "nothing";
      const upids = await started([
        startBackup("g0"),
        startCollection(),
        startBackup("g1"),
        startBackup("g2"),
      ]);
      await new Promise((wake) => setTimeout(wake, random.integer(0, KILL_AFTER_MS_MAX)));
      await kill(kind);
      for (const task of await ended(upids)) {
        if (task.statistics?.kind === "gc") counts.freed += task.statistics.gc.removedChunkCount;
        counts[task.state === "failed" ? "lost" : "ok"]++;
      }
      expect(ibs.must("verify", "--datastore", "main", "--wait")).toContain("OK");
    }
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    letTwoDaysPass();
    ibs.must("gc", "--datastore", "main", "--wait");
    const [last] = await ended([(await startCollection()).upid]);
    expect(last?.statistics).toMatchObject({
      kind: "gc",
      gc: {
        removedChunkCount: 0,
        pendingChunkCount: 0,
        missingChunkCount: 0,
        usedChunkCount: chunkFiles().length,
      },
    });
    expect(ibs.must("verify", "--datastore", "main", "--wait")).toContain("OK");
  });

  /** One of a few, so that a later backup writes again what an earlier one had. */
  function giveContent(group: string): void {
    const content = createSeededRandom(random.integer(1, CONTENT_COUNT)).bytes(CONTENT_SIZE_BYTES);
    writeFileSync(join(sourceOf(group), "large"), content);
  }

  function startBackup(group: string): Promise<{ readonly upid: string }> {
    return client.call("startBackup", {
      body: { datastore: "main", id: group, paths: [sourceOf(group)], full: true, compressionLevel: 9 },
    });
  }

  function startCollection(): Promise<{ readonly upid: string }> {
    return client.call("startGc", { body: { datastore: "main" } });
  }

  async function started(starts: readonly Promise<{ readonly upid: string }>[]): Promise<string[]> {
    return (await Promise.all(starts)).map(({ upid }) => upid);
  }

  async function settle(starts: readonly Promise<{ readonly upid: string }>[]): Promise<void> {
    for (const task of await ended(await started(starts))) expect(task.exitStatus).toBe("OK");
  }

  async function ended(upids: readonly string[]): Promise<Task[]> {
    const tasks: Task[] = [];
    for (const upid of upids) {
      for (;;) {
        const task = await client.call("getTask", { params: { upid } });
        if (task.endedAt === undefined) await new Promise((wake) => setTimeout(wake, 50));
        else {
          const isExpected = task.state === "ok" || task.error?.code === "WORKER_LOST";
          expect(isExpected, `${upid}: ${task.exitStatus}`).toBe(true);
          tasks.push(task);
          break;
        }
      }
    }
    return tasks;
  }

  async function kill(kind: (typeof KINDS)[number]): Promise<void> {
    if (kind === "nothing") return;
    if (kind === "worker") {
      const { workers } = await client.call("listWorkers", {});
      const runs = workers.flatMap((worker) => worker.runs);
      const victim = runs.find((run) => run.upid.includes(":gc:")) ?? runs[0];
      if (victim?.pid !== undefined) killIfThere(victim.pid);
      return;
    }
    if (kind === "everything") ibs.killEverything();
    else process.kill(serverFile(ibs).pid, "SIGKILL");
    client.close();
    await start();
  }

  /** Of the chunks' last uses. Nothing runs meanwhile. */
  function letTwoDaysPass(): void {
    const seconds = Date.now() / 1000 - TWO_DAYS_SECONDS;
    for (const path of chunkFiles()) utimesSync(path, seconds, statSync(path).mtime);
  }
});

/** It may have ended by itself since it was listed. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (cause) {
    expect(cause).toMatchObject({ code: "ESRCH" });
  }
}
