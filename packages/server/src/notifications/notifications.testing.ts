/** What tests of notifications speak with: the real room on a real state store, a clock that stands, targets that do as told. */

import { join } from "node:path";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { NotificationMessage, Task } from "@ironcore-backup/protocol";
import { openSeal } from "../state/seal.ts";
import { openState } from "../state/database.ts";
import type { State } from "../state/database.ts";
import { changingColumns, insertTaskRecord } from "../state/task-records.ts";
import { aRecord } from "../tasks/queue/task-queue.testing.ts";
import { aFolder } from "../tasks/tasks.testing.ts";
import type { NotificationsNeeds } from "./desk.ts";
import { openNotifications } from "./notifications.ts";
import type { Notifications } from "./notifications.ts";
import type { SendResult } from "../senders/sender.ts";

/** A target's other side. */
export interface OtherSide {
  /** What it got and took. */
  readonly got: NotificationMessage[];
  /** Every try, by the message's id. */
  readonly tries: string[];
  answer: SendResult | "hang";
}

export interface NotificationHouse {
  readonly clock: FakeClock;
  readonly state: State;
  readonly notifications: Notifications;
  readonly warnings: string[];
  /** Calls of heartbeats, by target's address. */
  readonly beats: string[];
  /** Of a target that `webhook` made. */
  side(target: string): OtherSide;
  /** A webhook target with its other side. */
  webhook(name: string): Promise<OtherSide>;
  /** A group of these targets, and a rule that leads everything to it. */
  groupWithRule(
    name: string,
    targets: readonly string[],
    changes?: Partial<Parameters<Notifications["settings"]["createGroup"]>[0]>,
  ): Promise<void>;
  /** A task begins and ends, and what comes of it is done unless `isLeft`. @returns its UPID */
  task(changes: Partial<Task>, options?: { readonly isLeft: boolean }): Promise<string>;
  /** Everything that is known now is worked on. */
  settle(): Promise<void>;
  /** Time passes in steps, and what is due is done. */
  pass(durationMs: number, stepMs?: number): Promise<void>;
  /** As SIGKILL does: nothing more is written. */
  kill(): Promise<void>;
}

export const DELIVERED: SendResult = { outcome: "delivered", response: "200 OK" };
export const UNREACHABLE: SendResult = { outcome: "unreachable", response: "connection refused" };
export const REFUSED: SendResult = { outcome: "refused", response: "410 Gone" };
export const HOUR_MS = 3_600_000;

type JobFacts = NonNullable<ReturnType<NotificationsNeeds["jobOf"]>>;
export const aJob = (changes: Partial<JobFacts> = {}): JobFacts => ({
  project: undefined,
  datastore: "store",
  allowedMs: HOUR_MS,
  group: undefined,
  ...changes,
});

let taskNumber = 0;

// Long because it is the table of what a test can do.
export async function aNotificationHouse(
  options: {
    readonly folder?: string;
    readonly clock?: FakeClock;
    readonly sides?: Map<string, OtherSide>;
    readonly jobs?: ReadonlyMap<string, JobFacts>;
    readonly needs?: Partial<NotificationsNeeds>;
    readonly fingerprint?: string;
  } = {},
): Promise<NotificationHouse> {
  const { folder = aFolder(), clock = createFakeClock(), sides = new Map<string, OtherSide>() } = options;
  const random = createSeededRandom(1);
  const state = await openState(join(folder, "state.db"));
  const warnings: string[] = [];
  const beats: string[] = [];
  const side = (target: string): OtherSide => {
    const known = sides.get(target) ?? { got: [], tries: [], answer: DELIVERED };
    sides.set(target, known);
    return known;
  };
  const notifications = await openNotifications({
    clock,
    random,
    state,
    seal: openSeal({ random }, join(folder, "secrets.key")),
    senders: {
      send: async ({ url = "" }, message, { signal }) => {
        const other = side(url.replace("https://side.example/", ""));
        other.tries.push(message.id);
        const { answer } = other;
        if (answer === "hang")
          return new Promise((resolve) => signal.addEventListener("abort", () => resolve(UNREACHABLE)));
        if (answer.outcome === "delivered") other.got.push(message);
        return answer;
      },
      beat: ({ url = "" }) => {
        beats.push(url);
        return Promise.resolve(DELIVERED);
      },
      pushMetrics: () => Promise.resolve(DELIVERED),
      check: () => undefined,
      makeSigningSecret: () => "whsec_made",
      preview: () => ({}),
    },
    timeZone: "Europe/Vienna",
    node: "vm",
    publicUrl: "https://backup.example:8007",
    jobOf: (job) => options.jobs?.get(job),
    groupOfDatastore: () => undefined,
    usersOfGroup: () => ({ jobs: [], datastores: [] }),
    onInboxChanged: () => undefined,
    warn: (code) => warnings.push(code),
    ...options.needs,
  });
  await notifications.start({
    version: "test",
    certificate: { fingerprint: options.fingerprint ?? "AB:CD" },
  });
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 12; round++) {
      await notifications.drain();
      await state.flush();
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await settle();
  return {
    clock,
    state,
    notifications,
    warnings,
    beats,
    side,
    settle,
    webhook: async (name) => {
      const url = `https://side.example/${name}`;
      await notifications.settings.createTarget({ name, kind: "webhook", url });
      return side(name);
    },
    groupWithRule: async (name, targets, changes = {}) => {
      await notifications.settings.createGroup({ name, targets: [...targets], ...changes });
      await notifications.settings.createRule({ name, match: {}, groups: [name] });
    },
    task: async (changes, { isLeft } = { isLeft: false }) => {
      const record = aRecord(++taskNumber, { task: changes });
      const { database } = state;
      const queued = { ...record, task: { ...record.task, state: "queued" as const } };
      await insertTaskRecord(database, queued);
      const at = clock.now();
      const running = { ...record, task: { ...record.task, state: "running" as const, startedAt: at } };
      const ended = { ...record, task: { startedAt: at, endedAt: at, ...record.task } };
      for (const one of [running, ended])
        await database
          .updateTable("tasks")
          .set(changingColumns(one))
          .where("task_id", "=", record.taskId)
          .execute();
      if (!isLeft) await settle();
      return record.task.upid;
    },
    pass: async (durationMs, stepMs = durationMs) => {
      for (let passed = 0; passed < durationMs; passed += stepMs) {
        clock.advance(Math.min(stepMs, durationMs - passed));
        await settle();
      }
    },
    kill: () => state.close(),
  };
}

export const FAILURE = {
  code: "SOURCE_UNREADABLE",
  message: "The source /srv cannot be read",
  remedy: "Check the disk.",
  retry: "later",
  context: {},
} as const;
export const failed = (changes: Partial<Task> = {}): Partial<Task> => ({
  state: "failed",
  error: FAILURE,
  exitStatus: FAILURE.message,
  ...changes,
});
