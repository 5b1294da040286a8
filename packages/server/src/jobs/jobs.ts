/**
 * Plans that recur, and the ledger of what came of them.
 *
 * 1. Every instant that a schedule names has a row before it comes (`expected`). A job that is made or changed gets the row
 *    of its next instant; whenever an instant comes, the row of the one after it is written in the same transaction.
 * 2. `take-due.ts` decides what becomes of an instant; `run-start.ts` queues its tasks, each once.
 * 3. The last end of its tasks ends a run for good (`run-end.ts`): met, late, missed or skipped.
 *
 * One instant is one row is one run: by a unique index and by transactions, so that neither a kill nor a clock that jumps
 * makes two of it, or none.
 */

import { isCancelled, parseGroupRef, parseNamespace } from "@ironcore-backup/base";
import type { Namespace } from "@ironcore-backup/base";
import type {
  Calendar,
  CalendarQuery,
  Job,
  JobCreate,
  JobUpdate,
  Protection,
  Retention,
  RunList,
  RunListQuery,
  SchedulePreview,
  SchedulePreviewRequest,
  StartedRun,
  Workload,
} from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { listJobRecords } from "../state/job-records.ts";
import type { JobRecord } from "../state/job-records.ts";
import { insertRunByHand, listRunRecords } from "../state/run-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import { createJob, removeJob, updateJob } from "./job-change.ts";
import { readCalendar } from "./job-calendar.ts";
import { nextFireAt, openJobDesk, readOpenRuns } from "./job-desk.ts";
import type { JobDesk, JobsNeeds } from "./job-desk.ts";
import { showJob, showRun, showWorkload } from "./job-view.ts";
import { holdJob } from "./instants.ts";
import { previewSchedule } from "./schedule-preview.ts";
import { readProtection } from "./protection.ts";
import { settleRun } from "./run-end.ts";
import { queueRuns, subjectsOf } from "./run-start.ts";
import { takeDue } from "./take-due.ts";
import { readStandings } from "./job-standing.ts";
import type { JobStanding } from "./job-standing.ts";

/** What may be seen of what belongs to this project; undefined stands for the platform. */
export type Sight = (project: string | undefined) => boolean;

export interface Jobs {
  list(maySee: Sight): Promise<Job[]>;
  find(name: string): JobRecord | undefined;
  records(): readonly JobRecord[];
  /** @throws JOB_NOT_FOUND */
  get(name: string): JobRecord;
  show(record: JobRecord): Promise<Job>;
  /** @throws JOB_EXISTS, JOB_INVALID, SCHEDULE_INVALID, TIME_ZONE_UNKNOWN, JOB_LIMIT_REACHED */
  create(owner: string, request: JobCreate): Promise<JobRecord>;
  /** @throws JOB_NOT_FOUND, JOB_INVALID, SCHEDULE_INVALID */
  update(name: string, request: JobUpdate): Promise<JobRecord>;
  /** @throws JOB_NOT_FOUND */
  remove(name: string): Promise<void>;
  /** @throws JOB_NOT_FOUND, JOB_RUNNING, JOB_INVALID without workloads */
  run(name: string, askedBy: string): Promise<StartedRun>;
  listRuns(query: RunListQuery, maySee: Sight): Promise<RunList>;
  calendar(query: CalendarQuery, maySee: Sight): Promise<Calendar>;
  protection(maySee: Sight): Promise<Protection>;
  /** How every job stands, for who watches them all. */
  standings(): Promise<readonly JobStanding[]>;
  /** @throws SCHEDULE_INVALID, TIME_ZONE_UNKNOWN */
  preview(request: SchedulePreviewRequest): SchedulePreview;
  showWorkload(record: WorkloadRecord): Workload;
  /** Jobs that name the workload themselves. */
  naming(workload: string): readonly string[];
  /** By job, for those that back up into the datastore. */
  retentionsOf(datastore: string): Readonly<Record<string, Retention>>;
  /** Jobs that work on the datastore; with a namespace those that name this very one. */
  usersOf(datastore: string, namespace?: Namespace): readonly JobRecord[];
  /** The scheduler went on or was paused: what was held back is looked at. */
  wake(): void;
  /** Resolves when everything that is due now has been done. */
  idle(): Promise<void>;
  /** To be called once, when tasks can be queued. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The wall clock may jump, so it is looked at again and again. */
const LOOK_MS_MAX = 20_000;
/** When the queue was full. */
const RETRY_MS = 5000;
const RUN_LIMIT_DEFAULT = 50;

// Long because it is the table of all that the room does.
export async function openJobs(needs: JobsNeeds): Promise<Jobs> {
  const desk = openJobDesk(needs);
  for (const record of await listJobRecords(desk.state.database))
    desk.jobs.set(record.name, holdJob(record, desk.timeZone));
  await readOpenRuns(desk);
  const loop = createLoop(desk);
  desk.tasks.onEnded((task) => {
    const { run } = task;
    if (run === undefined) return;
    desk
      .inTurn(() => settleRun(desk, run))
      .catch((cause: unknown) => warn(desk, "RUN_UNSETTLED", "the end of a run was not written", cause));
  });
  const get = (name: string): JobRecord => {
    const held = desk.jobs.get(name);
    if (held === undefined) throw serverErrors.JOB_NOT_FOUND({ job: name });
    return held.record;
  };
  const seen = (maySee: Sight, job?: string) =>
    [...desk.jobs.values()].filter(
      ({ record }) => maySee(record.project) && (job === undefined || record.name === job),
    );
  const changing = async <T>(step: () => Promise<T>): Promise<T> => {
    const result = await desk.inTurn(step);
    loop.wake();
    return result;
  };
  return {
    list: async (maySee) => Promise.all(seen(maySee).map(({ record }) => showJob(desk, record))),
    find: (name) => desk.jobs.get(name)?.record,
    records: () => [...desk.jobs.values()].map(({ record }) => record),
    get,
    show: (record) => showJob(desk, record),
    create: (owner, request) => changing(() => createJob(desk, owner, request)),
    update: (name, request) => changing(() => updateJob(desk, get(name), request)),
    remove: (name) => changing(() => removeJob(desk, get(name))),
    run: (name, askedBy) => changing(() => runByHand(desk, get(name), askedBy)),
    listRuns: (query, maySee) =>
      listRuns(
        desk,
        query,
        seen(maySee, query.job).map(({ record }) => record.name),
      ),
    calendar: (query, maySee) => readCalendar(desk, query, seen(maySee, query.job)),
    protection: (maySee) =>
      readProtection(
        desk,
        desk.workloads.all().filter(({ project }) => maySee(project)),
      ),
    standings: () => readStandings(desk),
    preview: (request) => previewSchedule(desk, request),
    showWorkload: (record) => showWorkload(desk, record),
    naming: (workload) =>
      [...desk.jobs.values()]
        .filter(
          ({ record: { definition } }) =>
            definition.sources?.workloads?.includes(workload) === true ||
            definition.drill?.compareSource?.workload === workload,
        )
        .map(({ record }) => record.name),
    retentionsOf: (datastore) => retentionsOf(desk, datastore),
    usersOf: (datastore, namespace) =>
      [...desk.jobs.values()]
        .map(({ record }) => record)
        .filter(
          (job) =>
            job.datastore === datastore &&
            (namespace === undefined || namespaceOf(job.definition) === namespace),
        ),
    wake: () => loop.wake(),
    idle: async () => {
      await loop.resting();
      await desk.inTurn(() => Promise.resolve());
    },
    start: async () => {
      // What a kill cut off between an instant and its tasks.
      await desk.inTurn(() =>
        queueRuns(
          desk,
          [...desk.running.values()].map(({ runId }) => runId),
        ),
      );
      loop.start();
    },
    close: () => loop.close(),
  };
}

/** That a job reads from or writes to. */
function namespaceOf({ namespace = "", drill }: JobRecord["definition"]): Namespace {
  return drill === undefined ? parseNamespace(namespace) : parseGroupRef(drill.group).namespace;
}

function retentionsOf(desk: JobDesk, datastore: string): Readonly<Record<string, Retention>> {
  return Object.fromEntries(
    [...desk.jobs.values()].flatMap(({ record }) => {
      const { retention } = record.definition;
      return record.datastore === datastore && retention !== undefined ? [[record.name, retention]] : [];
    }),
  );
}

/** @throws JOB_RUNNING, JOB_INVALID */
async function runByHand(desk: JobDesk, record: JobRecord, askedBy: string): Promise<StartedRun> {
  const { name, type } = record;
  const running = desk.running.get(name);
  if (running !== undefined) throw serverErrors.JOB_RUNNING({ job: name, run: running.runId });
  const subjects = subjectsOf(record, desk.workloads.all());
  if (subjects.length === 0)
    throw serverErrors.JOB_INVALID({ type, rule: "no workload fits its sources now" });
  const now = desk.clock.now();
  const runId = await insertRunByHand(desk.state.database, {
    job: name,
    origin: "hand",
    dueAt: now,
    fireAt: now,
    state: "running",
    cause: undefined,
    message: undefined,
    askedBy,
    instantCount: 1,
    subjects,
    startedAt: now,
    endedAt: undefined,
  });
  await readOpenRuns(desk, [name]);
  const upids = await queueRuns(desk, [runId]);
  return { run: runId, upids: [...(upids.get(runId) ?? [])] };
}

async function listRuns(desk: JobDesk, query: RunListQuery, jobs: readonly string[]): Promise<RunList> {
  const { state, since, until, cursor, limit = RUN_LIMIT_DEFAULT } = query;
  const before = cursor === undefined ? undefined : parseCursor(cursor);
  const { database } = desk.state;
  const question = { jobs, state, since, until, before, limit: limit + 1, order: "newest" } as const;
  const rows = await listRunRecords(database, question);
  const runs = await Promise.all(rows.slice(0, limit).map((run) => showRun(database, run)));
  const last = runs.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { runs, ...(hasMore ? { nextCursor: `${last.dueAt}-${last.run}` } : {}) };
}

function parseCursor(cursor: string): { readonly dueAt: number; readonly runId: number } {
  const [dueAt = Number.NaN, runId = Number.NaN] = cursor.split("-").map(Number);
  if (Number.isSafeInteger(dueAt) && Number.isSafeInteger(runId)) return { dueAt, runId };
  throw serverErrors.RUN_CURSOR_UNKNOWN({});
}

interface Loop {
  start(): void;
  wake(): void;
  /** Resolves when it sleeps. */
  resting(): Promise<void>;
  close(): Promise<void>;
}

/** Sleeps until the next instant, or a little, and does what is due. */
function createLoop(desk: JobDesk): Loop {
  const closing = new AbortController();
  let napping = new AbortController();
  let isWoken = false;
  let rest = Promise.withResolvers<void>();
  let running: Promise<void> | undefined;
  const nap = async (): Promise<void> => {
    const wanted = desk.unqueued.size > 0 ? RETRY_MS : nextFireAt(desk) - desk.clock.now();
    if (isWoken) {
      isWoken = false;
      return;
    }
    napping = new AbortController();
    const signal = AbortSignal.any([closing.signal, napping.signal]);
    await desk.clock.sleep(Math.min(LOOK_MS_MAX, Math.max(1, wanted)), signal).catch((cause: unknown) => {
      if (!isCancelled(cause)) throw cause;
    });
  };
  const go = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      isWoken = false;
      try {
        await desk.inTurn(() => look(desk));
      } catch (cause) {
        warn(desk, "JOBS_NOT_STARTED", "what was due could not be started and is tried again", cause);
      }
      if (!isWoken) rest.resolve();
      await nap();
      rest = Promise.withResolvers<void>();
    }
    rest.resolve();
  };
  return {
    start: () => {
      running ??= go();
    },
    wake: () => {
      isWoken = true;
      napping.abort();
    },
    resting: () => rest.promise,
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

async function look(desk: JobDesk): Promise<void> {
  const begun = await takeDue(desk);
  await queueRuns(desk, [...desk.unqueued, ...begun]);
}

function warn(desk: JobDesk, code: string, message: string, cause: unknown): void {
  desk.warn(code, `${message}: ${String(cause)}`, {});
}
