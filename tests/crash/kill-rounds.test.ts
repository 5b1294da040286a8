/**
 * `kill -9` of workers, of the server, of everything, at random moments under 50 concurrent tasks, and what must hold then:
 * no task is stuck, none is lost, none ran twice or beside another of its group, and every finished snapshot verifies.
 *
 * The seed is printed; `IRONCORE_TEST_SEED` gives it back (the moments of the kills are the same, what they meet is the
 * machine's doing). By hand: `IRONCORE_TEST_ROUNDS=100 npm run test:system -- tests/crash`, and `IRONCORE_TEST_SLOTS=50`
 * where there is memory for 50 processes.
 */

import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { Task } from "@ironcore-backup/protocol/calls";
import { connect, serverFile } from "../support/api.ts";
import { Installation } from "../support/installation.ts";
import { DATASTORE, isGone, TaskStorm } from "../support/task-storm.ts";

const ROUND_COUNT = Number(process.env["IRONCORE_TEST_ROUNDS"] ?? 4);
const SLOT_COUNT = Number(process.env["IRONCORE_TEST_SLOTS"] ?? 8);
const SEED = Number(process.env["IRONCORE_TEST_SEED"] ?? randomInt(2 ** 31));
const ACTIVE_COUNT = 50;
const KILL_AFTER_MS_MAX = 3000;
/** From the last kill until everything that was promised is over. */
const DRAIN_MS_MAX = 300_000;

const KINDS = ["worker", "workers", "server", "everything"] as const;
type Kind = (typeof KINDS)[number];

describe(`${ROUND_COUNT} rounds of kill -9`, () => {
  const ibs = new Installation();
  const random = createSeededRandom(SEED);
  // With chance of its own: how many tasks it starts before a kill is the machine's doing.
  const storm = new TaskStorm(
    {
      sources: ibs.path("sources"),
      targets: ibs.store("targets"),
      // The more slots, the longer each task must take for them to be used at once.
      largeFileSizeBytes: SLOT_COUNT * 125_000,
    },
    createSeededRandom(random.integer(1, 2 ** 31)),
  );
  let client: ReturnType<typeof connect>;
  const start = async (): Promise<void> => {
    const slots = Math.max(2, Math.floor(SLOT_COUNT / 4));
    await ibs.start("--slots", String(SLOT_COUNT - slots), "--verifier-slots", String(slots));
    client = connect(ibs);
  };

  beforeAll(async () => {
    process.stdout.write(`IRONCORE_TEST_SEED=${SEED}\n`);
    storm.growSources();
    await start();
    ibs.must("datastore", "create", DATASTORE, "--path", ibs.store());
    await storm.begin(client);
    await drained(client);
  });
  afterAll(() => ibs.dispose());

  test("lose no task, run none twice, leave every snapshot whole", { timeout: 3_600_000 }, async () => {
    let kinds: Kind[] = [];
    for (let round = 1; round <= ROUND_COUNT; round++) {
      // Each kind once before any comes again.
      if (kinds.length === 0) kinds = shuffled(random);
      const kind = kinds.pop() ?? "everything";
      const afterMs = random.integer(0, KILL_AFTER_MS_MAX);
      const found = await killedRound(kind, afterMs);
      process.stdout.write(`round ${round}: ${kind} after ${afterMs} ms, ${found} running\n`);
      await assertNoGhosts(client);
    }
    await drained(client);
    const tasks = await storm.readAll(client);
    assertEnds(tasks);
    assertOneAfterTheOther(tasks);
    await assertRanOnce(client, tasks);
    assertSnapshots(ibs, tasks);
    const count = (state: string) => tasks.filter((task) => task.state === state).length;
    process.stdout.write(
      `${tasks.length} tasks: ${count("ok")} ok, ${count("warning")} with warnings, ${count("failed")} lost their worker\n`,
    );
  });

  /** @returns how many tasks the kill met at work */
  async function killedRound(kind: Kind, afterMs: number): Promise<number> {
    await storm.dropTargets(client);
    const filling = storm.fill(client, ACTIVE_COUNT).catch((cause: unknown) => {
      if (!isGone(cause)) throw cause;
    });
    await new Promise((wake) => setTimeout(wake, afterMs));
    const { workers } = await client.call("listWorkers", {});
    const pids = workers.flatMap((worker) => worker.runs.map((run) => run.pid ?? 0));
    kill(kind, pids);
    await filling;
    if (kind === "worker" || kind === "workers") return pids.length;
    client.close();
    await start();
    return pids.length;
  }

  function kill(kind: Kind, pids: readonly number[]): void {
    if (kind === "everything") return ibs.killEverything();
    if (kind === "server") return void process.kill(serverFile(ibs).pid, "SIGKILL");
    const victims = kind === "worker" ? pids.slice(0, 1) : pids.filter(() => random.integer(0, 1) === 1);
    for (const pid of victims) killIfThere(pid);
  }
});

function shuffled(random: ReturnType<typeof createSeededRandom>): Kind[] {
  return KINDS.map((kind) => ({ kind, order: random.integer(0, 2 ** 30) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ kind }) => kind);
}

/** A worker may have ended by itself since it was listed. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (cause) {
    expect(cause).toMatchObject({ code: "ESRCH" });
  }
}

/** What reads as running is in the hands of a worker: looked at until a task that seems to be in none has moved on. */
async function assertNoGhosts(client: Client): Promise<void> {
  let suspects: string[] | undefined;
  for (let look = 0; look < 20; look++) {
    const { tasks } = await client.call("listTasks", { query: { state: "running", limit: 500 } });
    const { workers } = await client.call("listWorkers", {});
    const held = new Set(workers.flatMap((worker) => worker.runs.map((run) => run.upid)));
    const ghosts = tasks.map((task) => task.upid).filter((upid) => !held.has(upid));
    suspects = ghosts.filter((upid) => suspects?.includes(upid) ?? true);
    if (suspects.length === 0) return;
    await new Promise((wake) => setTimeout(wake, 500));
  }
  throw new Error(`tasks read as running and no worker has them: ${suspects?.join(", ")}`);
}

async function drained(client: Client): Promise<void> {
  const deadline = performance.now() + DRAIN_MS_MAX;
  for (;;) {
    const { queuedTaskCount, runningTaskCount } = await client.call("getStatus", {});
    if (queuedTaskCount + runningTaskCount === 0) return;
    if (performance.now() > deadline)
      throw new Error(`stuck: ${queuedTaskCount} tasks queued, ${runningTaskCount} running`);
    await new Promise((wake) => setTimeout(wake, 200));
  }
}

/** A source may change while it is read, which is a warning. */
const endedWell = ({ state }: Task): boolean => state === "ok" || state === "warning";

/** Whole, or failed for the one reason that was given to fail: nobody met a lock, a half snapshot or a broken store. */
function assertEnds(tasks: readonly Task[]): void {
  const strange = tasks.filter((task) => !endedWell(task) && task.error?.code !== "WORKER_LOST");
  expect(strange.map(({ upid, state, exitStatus }) => `${upid} ${state}: ${exitStatus}`)).toEqual([]);
}

/** Two backups of one group never overlapped. */
function assertOneAfterTheOther(tasks: readonly Task[]): void {
  const groups = Map.groupBy(
    tasks.filter((task) => task.type === "backup" && task.startedAt !== undefined),
    (task) => task.target.split("/").slice(0, 2).join("/"),
  );
  for (const backups of groups.values()) {
    const inOrder = backups.toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
    for (const [at, next] of inOrder.slice(1).entries())
      expect(next.startedAt, `${next.upid} began during ${inOrder[at]?.upid}`).toBeGreaterThanOrEqual(
        inOrder[at]?.endedAt ?? Infinity,
      );
  }
}

/** The operation's own first line stands at most once in each log, exactly once where the task ended well. */
async function assertRanOnce(client: Client, tasks: readonly Task[]): Promise<void> {
  for (const task of tasks) {
    const { upid, type } = task;
    const { lines } = await client.call("getTaskLog", { params: { upid }, query: { limit: 1000 } });
    const count = lines.filter((line) => line.code === `${type.toUpperCase()}_STARTED`).length;
    expect(count, `${upid} began ${count} times`).toBeLessThanOrEqual(1);
    if (endedWell(task)) expect(count, `${upid} ended well without a beginning`).toBe(1);
  }
}

/** Every snapshot that a task has told of is there, nothing unfinished is, and all that is there is sound. */
function assertSnapshots(ibs: Installation, tasks: readonly Task[]): void {
  const listed = ibs.json<{ snapshot: string; finished: boolean }[]>(
    "snapshot",
    "list",
    "--datastore",
    DATASTORE,
  );
  expect(listed.filter((one) => !one.finished)).toEqual([]);
  const there = new Set(listed.map((one) => one.snapshot));
  const told = tasks.filter((task) => task.type === "backup" && endedWell(task));
  const missing = told
    .map((task) => task.target.slice(DATASTORE.length + 1))
    .filter((name) => !there.has(name));
  expect(missing).toEqual([]);
  ibs.must("verify", "--datastore", DATASTORE, "--wait");
}
