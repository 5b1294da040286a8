/**
 * Builds the server from its rooms, starts it, and stops it in reverse.
 *
 * Start: data directory and its lock, certificate, local token, state store, recovery of tasks, worker processes, door.
 * The door
 * opens last, so nobody is answered from a half-built house.
 * Stop: the door first (streams end, running requests finish), then the workers (running tasks get a grace and end as
 * `SERVER_STOPPED`; queued ones stay queued and run at the next start), then tasks, state store, lock.
 *
 * Long because it wires every room to those it needs, and nothing else.
 */

import { hostname } from "node:os";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, CodedError, Random } from "@ironcore-backup/base";
import {
  assertInvariant,
  createSystemClock,
  createSystemRandom,
  toCodedError,
  machineTimeZone,
} from "@ironcore-backup/base";
import { TASK_TYPES, TASK_WRITES } from "@ironcore-backup/protocol";
import type { Datastore, Task, TaskLogLine } from "@ironcore-backup/protocol";
import type { Logger } from "pino";
import { openAccess } from "./access/access.ts";
import type { Access } from "./access/access.ts";
import { assertMayDoJob } from "./access/job-rights.ts";
import { createApiServer } from "./api/api-server.ts";
import type { ApiServer } from "./api/api-server.ts";
import { DEFAULT_EVENT_LIMITS } from "./api/event-fanout.ts";
import type { EventFanoutLimits } from "./api/event-fanout.ts";
import { createHealthWatch } from "./api/health.ts";
import type { HealthWatch } from "./api/health.ts";
import { startLoopWatch } from "./api/loop-watch.ts";
import type { LoopWatch } from "./api/loop-watch.ts";
import type { RateRules } from "./api/rate-rules.ts";
import { warmUpRequestChecks } from "./api/request-check.ts";
import { openCertificate } from "./config/certificate.ts";
import type { ServerCertificate } from "./config/certificate.ts";
import { workerEnvironment } from "./config/compile-cache.ts";
import { checkDirectoryWritable, checkFreeSpace } from "./config/directory-check.ts";
import { openDataDirectory } from "./config/data-directory.ts";
import type { DataDirectory } from "./config/data-directory.ts";
import { openLocalToken } from "./config/local-token.ts";
import { removeServerAddress, writeServerAddress } from "./config/server-address.ts";
import { nodeName, readServerIdentity } from "./config/server-identity.ts";
import type { ListenAddress, ServerOptions } from "./config/server-options.ts";
import { openSeal } from "./state/seal.ts";
import { readSearchPath } from "./config/search-path.ts";
import { openServiceLog } from "./config/service-log.ts";
import type { ServiceLog } from "./config/service-log.ts";
import { readVersion } from "./config/version.ts";
import type { DatastoreEngine } from "./datastores/datastore-engine.ts";
import { createDownloads } from "./datastores/downloads.ts";
import { createThreadedEngine } from "./datastores/threaded-engine.ts";
import { createPlaces } from "./datastores/places.ts";
import type { Places } from "./datastores/places.ts";
import { openRetentions } from "./datastores/retentions.ts";
import type { Retentions } from "./datastores/retentions.ts";
import { startMeasureSampler } from "./datastores/measure-sampler.ts";
import type { MeasureSampler } from "./datastores/measure-sampler.ts";
import { scopeOf } from "./datastores/prune-scope.ts";
import { watchDatastores } from "./datastores/datastore-watch.ts";
import { openDatastores } from "./datastores/datastores.ts";
import type { Datastores } from "./datastores/datastores.ts";
import { ALLOWED_SECONDS_DEFAULT } from "./jobs/run-end.ts";
import type { JobsNeeds } from "./jobs/job-desk.ts";
import { openJobs } from "./jobs/jobs.ts";
import type { Jobs } from "./jobs/jobs.ts";
import { openNotifications } from "./notifications/notifications.ts";
import type { Notifications } from "./notifications/notifications.ts";
import type { Senders } from "./senders/sender.ts";
import { createSenders } from "./senders/senders.ts";
import { openWorkloads } from "./jobs/workloads.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { figuresOf } from "./senders/figures.ts";
import type { Figures } from "./senders/sender.ts";
import type { TaskParameters } from "./operations/operation.ts";
import { withRetentionsOfNow } from "./operations/prune-parameters.ts";
import type { OperationRegistry } from "./operations/registry.ts";
import { openState } from "./state/database.ts";
import type { State } from "./state/database.ts";
import { createReader } from "./state/reader.ts";
import { checkStoreWritable } from "./state/store-check.ts";
import { createEventStream } from "./tasks/event-stream.ts";
import type { EventStream } from "./tasks/event-stream.ts";
import { writeServiceLines } from "./tasks/service-lines.ts";
import { createLogStore } from "./tasks/log-store.ts";
import type { LogStore } from "./tasks/log-store.ts";
import { createTaskHistory } from "./tasks/task-history.ts";
import { createRunStatistics } from "./tasks/run-statistics.ts";
import type { RunStatisticsRoom } from "./tasks/run-statistics.ts";
import { createTasks } from "./tasks/tasks.ts";
import type { Tasks } from "./tasks/tasks.ts";
import type { WorkerLostCleanUp } from "./workers/claim-end.ts";
import { endOrphans, markedEnvironment } from "./workers/orphan-processes.ts";
import { DEFAULT_PATIENCE } from "./workers/patience.ts";
import type { Patience } from "./workers/patience.ts";
import { planJob } from "./workers/job-plan.ts";
import { openScheduler } from "./workers/scheduler.ts";
import type { WorkerFacts } from "./workers/worker-view.ts";
import { openWorkers } from "./workers/workers.ts";
import type { SlotCounts, Workers } from "./workers/workers.ts";

export interface RunningServer {
  /** `https://127.0.0.1:8007` */
  readonly url: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint: string;
  readonly dataDir: string;
  /** Only at the very first start; kept nowhere else. */
  readonly firstAdministrator: { readonly authId: string; readonly password: string } | undefined;
  /** What an operator should act on: an expiring certificate. */
  readonly warnings: readonly string[];
  stop(): Promise<void>;
}

/** What tests put in place of the real parts. */
export interface ServerParts {
  readonly clock?: Clock;
  readonly random?: Random;
  /** Datastores elsewhere than on this machine's disks. */
  readonly engine?: DatastoreEngine;
  /** Module that exports `operations: OperationRegistry`, loaded by the worker processes. */
  readonly registryUrl?: URL;
  readonly onWorkerLost?: WorkerLostCleanUp;
  readonly patience?: Partial<Patience>;
  readonly rateRules?: RateRules;
  /** Ways to mail servers and the like. */
  readonly senders?: Senders;
}

/** @throws DATA_DIRECTORY_*, CERTIFICATE_UNREADABLE, STATE_*, LISTEN_FAILED; what was opened is closed again */
export async function startServer(options: ServerOptions, parts: ServerParts = {}): Promise<RunningServer> {
  const opened: Opened = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of opened.splice(0).toReversed()) {
      try {
        await close();
      } catch (cause) {
        // The rest is closed all the same; the first failure is told.
        failures.push(cause);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    return { ...(await build(options, parts, opened)), stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

type Opened = (() => void | Promise<void>)[];

/** What everything else stands on. */
interface Ground {
  readonly clock: Clock;
  readonly random: Random;
  readonly directory: DataDirectory;
  readonly serviceLog: ServiceLog;
  /** The service `api`'s. */
  readonly logger: Logger;
  readonly warn: Warn;
  readonly certificate: ServerCertificate;
  readonly localToken: string;
  readonly state: State;
}

async function openGround(options: ServerOptions, parts: ServerParts, opened: Opened): Promise<Ground> {
  const clock = parts.clock ?? createSystemClock();
  const random = parts.random ?? createSystemRandom();
  const directory = openDataDirectory(options.dataDir);
  opened.push(() => directory.close());
  const serviceLog = openServiceLog({ clock }, { target: options.logTarget, path: directory.serviceLogPath });
  opened.push(() => serviceLog.close());
  const logger = serviceLog.loggerFor("api");
  const hostNames = hostNamesFor(options.listen);
  const certificate = openCertificate({ clock, random }, directory.tlsPath, { hostNames });
  const localToken = openLocalToken({ random }, directory.localTokenPath);
  const state = await openState(directory.statePath, {
    tell: (message) => logger.info({ code: "STATE_MIGRATES" }, message),
  });
  opened.push(() => state.close());
  const warn = warnWith(logger);
  return { clock, random, directory, serviceLog, logger, warn, certificate, localToken, state };
}

// Long because the order of these lines is the order of the start.
async function build(
  options: ServerOptions,
  parts: ServerParts,
  opened: Opened,
): Promise<Omit<RunningServer, "stop">> {
  const ground = await openGround(options, parts, opened);
  const { clock, certificate, directory, warn } = ground;
  const facts = { node: nodeName(hostname()), version: readVersion(), startedAt: clock.now() };
  const access = await openAccess(ground, { localToken: ground.localToken });
  const events = createEventStream(ground);
  opened.push(writeServiceLines({ events, writerFor: (service) => ground.serviceLog.loggerFor(service) }));
  const disks = parts.engine ?? openEngine(clock, opened);
  // Opened when jobs are there; what happens before is noted in the store.
  let notifications: Notifications | undefined;
  const timeZone = options.timeZone ?? machineTimeZone();
  let jobs: Jobs | undefined;
  const retentions = await openRetentions({
    ...ground,
    timeZone,
    retentionsOfJobs: (datastore) => {
      // Without them a prune would take what they keep.
      assertInvariant(jobs !== undefined, "jobs are read before anything asks what they keep");
      return jobs.retentionsOf(datastore);
    },
  });
  const datastores = await openDatastores({
    ...ground,
    engine: disks,
    retentions,
    onChanged: (name, datastore) => {
      events.recordDatastore(name, datastore);
      if (datastore !== undefined) notifications?.datastoreChanged(datastore);
      sampler.changed(name);
    },
  });
  const sampler = startMeasureSampler({ ...ground, ...datastores, list: datastores.records });
  opened.push(() => sampler.close());
  // As every room must use it: within what is set on each datastore.
  const { locate, engine } = datastores;
  const statistics = createRunStatistics(ground);
  const places = createPlaces({ ...ground, engine, retentions, timeZone, locate });
  const logs = createLogStore(directory.taskLogPath, { warn });
  const tasks = openTasks(
    ground,
    {
      access,
      datastores,
      places,
      retentions,
      statistics,
      events,
      logs,
      sampler,
      onLines: (task, lines) => notifications?.linesLogged(task, lines),
      onDatastore: (datastore) => notifications?.datastoreChanged(datastore),
    },
    opened,
  );
  const workloads = await openWorkloads({ ...ground, searchPath: readSearchPath() });
  jobs = await openJobs({
    ...ground,
    tasks,
    workloads,
    timeZone,
    isPaused: () => tasks.isPaused(),
    planTask: planJobs({
      access,
      datastores,
      retentions,
      node: facts.node,
      scratchPath: directory.scratchPath,
    }),
  });
  opened.push(() => jobs?.close());
  // Made when everything is there that it counts.
  let metrics: Metrics | undefined;
  notifications = await openNotificationRoom(ground, {
    options,
    parts,
    jobs,
    datastores,
    events,
    node: facts.node,
    figures: async () => figuresOf((await metrics?.render())?.text ?? "", clock.now()),
  });
  opened.push(() => notifications?.close());
  tasks.onEnded(() => notifications?.wake());
  const reader = createReader(ground, directory.statePath);
  opened.push(() => reader.close());
  const history = createTaskHistory({ tasks, reader });
  const { slotCounts } = options;
  const workers = await buildWorkers(
    {
      ...ground,
      tasks,
      events: {
        recordWorker: (name, worker) => {
          events.recordWorker(name, worker);
          if (worker !== undefined) notifications?.workerChanged(worker);
        },
      },
      datastores,
    },
    { slotCounts, facts, parts, opened },
  );
  tidyLogs(logs, tasks, warn);
  const scheduler = await openScheduler({ ...ground, tasks, events }, () => {
    workers.wake();
    jobs.wake();
  });
  const downloads = createDownloads(ground);
  opened.push(() => downloads.close());
  const loop = startLoopWatch(ground);
  opened.push(() => loop.close());
  const told = notifications;
  metrics = createMetrics(ground, {
    deliveries: () => told.countDeliveries(),
    ...facts,
    activeTasks: () => tasks.activeFacts(),
    isPaused: () => tasks.isPaused(),
    jobs: () => jobs.standings(),
    instants: (since, until) => reader.ask({ kind: "instants", since, until }),
    protectionCounts: async () => (await jobs.protection(() => true)).counts,
    workers: () => workers.list(),
    datastores: () => datastores.list(),
    verifications: () => reader.ask({ kind: "verifications" }),
    longestPauseMs: () => loop.longestPauseMs(),
    eventReaderCount: () => api.eventReaderCount(),
    stateSizeBytes: () => sizeOfState(directory.statePath),
  });
  tasks.onEnded((task) => metrics?.taskEnded(task));
  const api = createApiServer({
    ...ground,
    metrics,
    access,
    tasks,
    history,
    datastores,
    places,
    retentions,
    downloads,
    statistics,
    events,
    workers,
    workloads,
    jobs,
    notifications,
    scheduler,
    health: watchHealth(ground, workers, loop),
    tls: certificate,
    eventLimits: eventLimitsOf(options),
    rateRules: parts.rateRules,
    webRoot: fileURLToPath(new URL("../../web/dist", import.meta.url)),
    serverFacts: {
      ...facts,
      fingerprint: certificate.fingerprint,
      scratchPath: directory.scratchPath,
    },
  });
  opened.push(() => api.close());
  const url = await openDoor(api, options.listen, ground, opened);
  workers.start();
  await notifications.start({ version: facts.version, certificate });
  await jobs.start();
  // After everything that can fail: a password that was made and never shown would lock the operator out.
  const firstAdministrator = await access.createFirstAdministrator();
  // What the first request would otherwise wait for.
  warmUpRequestChecks().catch((cause: unknown) => warn("WARM_UP_FAILED", String(cause), {}));
  ground.logger.info({ url, dataDir: directory.path }, "started");
  const warnings = certificate.warning === undefined ? [] : [certificate.warning];
  return { url, fingerprint: certificate.fingerprint, dataDir: directory.path, firstAdministrator, warnings };
}

/** Readers of the inbox look again at most once in this time. */
const INBOX_FACT_MS = 1000;

async function openNotificationRoom(
  ground: Ground,
  rooms: {
    readonly options: ServerOptions;
    readonly parts: ServerParts;
    readonly jobs: Jobs;
    readonly datastores: Datastores;
    readonly events: EventStream;
    readonly node: string;
    readonly figures: () => Promise<Figures>;
  },
): Promise<Notifications> {
  const { clock, random, directory, serviceLog } = ground;
  const { options, parts, jobs, datastores, events, node } = rooms;
  let isTelling = false;
  return openNotifications({
    ...ground,
    warn: warnWith(serviceLog.loggerFor("notify")),
    seal: openSeal({ random }, directory.sealKeyPath),
    senders:
      parts.senders ??
      createSenders({ clock, random, timeZone: options.timeZone ?? machineTimeZone(), node }),
    timeZone: options.timeZone ?? machineTimeZone(),
    node,
    publicUrl: options.publicUrl,
    figures: rooms.figures,
    jobOf: (name) => {
      const job = jobs.find(name);
      if (job === undefined) return undefined;
      const { allowedSeconds = ALLOWED_SECONDS_DEFAULT, notificationGroup } = job.definition;
      const { project, datastore } = job;
      return { project, datastore, allowedMs: allowedSeconds * 1000, group: notificationGroup };
    },
    groupOfDatastore: (name) => datastores.records().find((one) => one.name === name)?.notificationGroup,
    usersOfGroup: (group) => ({
      jobs: jobs
        .records()
        .filter(({ definition }) => definition.notificationGroup === group)
        .map(({ name }) => name),
      datastores: datastores
        .records()
        .filter(({ notificationGroup }) => notificationGroup === group)
        .map(({ name }) => name),
    }),
    onInboxChanged: () => {
      if (isTelling) return;
      isTelling = true;
      clock
        .sleep(INBOX_FACT_MS)
        .then(() => {
          isTelling = false;
          events.recordInbox();
        })
        .catch(() => undefined);
    },
  });
}

/** A job runs with the rights that its owner has at that moment. */
function planJobs({
  access,
  datastores,
  retentions,
  node,
  scratchPath,
}: {
  readonly scratchPath: string;
  readonly access: Access;
  readonly datastores: Datastores;
  readonly retentions: Retentions;
  readonly node: string;
}): JobsNeeds["planTask"] {
  // What is set on jobs, namespaces and the datastore, and nothing instead of it.
  const pruneAbout = (datastore: string, namespace: string | undefined) => ({
    scope: scopeOf(namespace === undefined ? {} : { namespace }),
    retentions: retentions.tableOf(datastore),
  });
  return async (job, workload) => {
    assertMayDoJob(await access.holderOf(job.owner), job);
    return planJob({ locateFor: datastores.locateFor, pruneAbout, node, scratchPath }, job, workload);
  };
}

/** With its write-ahead log, which is not there before the first change. */
function sizeOfState(path: string): number {
  return [path, `${path}-wal`].reduce(
    (sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function watchHealth(ground: Ground, workers: Workers, loop: LoopWatch): HealthWatch {
  const { clock, directory, state } = ground;
  const live = {
    "event-loop": () => `longest pause in the last minute ${loop.longestPauseMs()} ms`,
  };
  const ready = {
    ...live,
    "state-store": () => checkStoreWritable({ clock, database: state.database }),
    "data-directory": () => checkFreeSpace(directory.path),
    "log-directory": () => checkDirectoryWritable(dirname(directory.serviceLogPath)),
    "task-logs": () => checkDirectoryWritable(directory.taskLogPath),
    workers: () => describeWorkers(workers),
  };
  return createHealthWatch({ clock }, { live, ready });
}

/** @throws when a class of work that should run does not */
function describeWorkers(workers: Workers): string {
  const failed = workers.services().filter((service) => service.state === "failed");
  if (failed.length > 0) throw new Error(failed.map(({ name, detail }) => `${name}: ${detail}`).join("; "));
  const { slotCount, freeSlotCount } = workers.slots();
  return `${freeSlotCount} of ${slotCount} slots free`;
}

function eventLimitsOf({ eventReadersPerUserMax }: ServerOptions): EventFanoutLimits {
  return eventReadersPerUserMax === undefined
    ? DEFAULT_EVENT_LIMITS
    : { ...DEFAULT_EVENT_LIMITS, readersPerUserMax: eventReadersPerUserMax };
}

function openEngine(clock: Clock, opened: Opened): DatastoreEngine {
  const engine = createThreadedEngine({ clock });
  opened.push(() => engine.close());
  return engine;
}

function warnWith(logger: Logger): Warn {
  return (code, message, fields) => logger.warn({ code, ...fields }, message);
}

type Warn = (code: string, message: string, fields: Readonly<Record<string, string>>) => void;

function openTasks(
  ground: Ground,
  rooms: {
    readonly access: Access;
    readonly datastores: Datastores;
    readonly places: Places;
    readonly retentions: Retentions;
    readonly statistics: RunStatisticsRoom;
    readonly events: EventStream;
    readonly logs: LogStore;
    readonly sampler: MeasureSampler;
    readonly onLines: (task: Task, lines: readonly TaskLogLine[]) => void;
    readonly onDatastore: (datastore: Datastore) => void;
  },
  opened: Opened,
): Tasks {
  const { access, datastores, places, retentions, statistics, events, sampler } = rooms;
  const watch = watchDatastores({
    ...ground,
    datastores,
    onChanged: (name, datastore) => {
      events.recordDatastore(name, datastore);
      rooms.onDatastore(datastore);
      sampler.changed(name);
    },
  });
  opened.push(() => watch.close());
  const tasks = createTasks({
    ...ground,
    ...rooms,
    identity: readServerIdentity(),
    onEnding: async (task, outcome) => {
      await recordVerifications(datastores, task);
      if (task.statistics?.kind === "prune")
        await places.snapshotsRemoved(task.datastore, task.statistics.prune.removed);
      await datastores.measures.taskEnding(task, { isDone: outcome === "done" });
      if (outcome === "done") await statistics.runEnded(task);
      watch.touched(task.datastore);
    },
    // The room `tasks` keeps parameters without looking into them.
    completeParameters: (parameters) => withRetentionsOfNow(parameters as TaskParameters, retentions.tableOf),
    limits: () => ({
      datastoreMax: (name) => datastores.runningTaskCountMax(name),
      projectMax: (name) => access.projects.runningTaskCountMaxOf(name),
      datastoreClosedBecause: (name) => datastores.closedBecause(name),
    }),
  });
  opened.push(() => tasks.close());
  return tasks;
}

async function buildWorkers(
  ground: Ground & {
    readonly tasks: Tasks;
    readonly events: Pick<EventStream, "recordWorker">;
    readonly datastores: Datastores;
  },
  options: {
    readonly slotCounts: SlotCounts;
    readonly facts: WorkerFacts;
    readonly parts: ServerParts;
    readonly opened: Opened;
  },
): Promise<Workers> {
  const { directory, tasks } = ground;
  const { parts, opened } = options;
  const warn = warnWith(ground.serviceLog.loggerFor("worker"));
  const onWorkerLost = parts.onWorkerLost ?? cleanUpAfterWorker(ground);
  const { foundCount, leftCount } = await endOrphans(ground, directory.path);
  if (foundCount > 0)
    warn("ORPHANS_ENDED", "processes of an earlier life of the server were killed", {
      foundCount: String(foundCount),
      leftCount: String(leftCount),
    });
  await recoverTasks(tasks, onWorkerLost, warn);
  const registryUrl = parts.registryUrl ?? new URL("./operations/registry.ts", import.meta.url);
  // The product's own, or a test's that exports the same.
  const { operations } = (await import(registryUrl.href)) as { readonly operations: OperationRegistry };
  const workers = await openWorkers(
    {
      ...ground,
      warn,
      onWorkerLost,
      bandwidthLimitOf: (name) => ground.datastores.bandwidthLimitOf(name),
      refusalOf: (task) => refusalOf(ground.datastores, task),
    },
    {
      ...options,
      types: TASK_TYPES.filter((type) => operations[type] !== undefined),
      entryUrl: new URL("./workers/worker-entry.ts", import.meta.url),
      registryUrl,
      environment: markedEnvironment(workerEnvironment(directory.path), directory.path),
      patience: { ...DEFAULT_PATIENCE, ...parts.patience },
    },
  );
  opened.push(() => workers.stop());
  return workers;
}

/** What was queued before its datastore became read-only, or was removed, does not begin. */
function refusalOf(datastores: Datastores, { type, datastore }: Task): CodedError | undefined {
  try {
    datastores.locateFor(datastore, TASK_WRITES[type] ? "write" : "read");
    return undefined;
  } catch (cause) {
    return toCodedError(cause);
  }
}

async function recordVerifications(datastores: Datastores, task: Task): Promise<void> {
  if (task.statistics?.kind !== "verify") return;
  await datastores.recordVerifications(task.datastore, task.upid, task.statistics.verify.snapshots);
}

/** Tasks that the last life of the server left running are failed; what they left is tidied. */
async function recoverTasks(tasks: Tasks, cleanUp: WorkerLostCleanUp, warn: Warn): Promise<void> {
  for (const assignment of await tasks.recover()) {
    await cleanUp(assignment).catch((cause: unknown) =>
      warn("CLEAN_UP_FAILED", `what a lost task left was not removed: ${String(cause)}`, {
        upid: assignment.upid,
      }),
    );
  }
}

/** In the background: logs whose compression a kill interrupted. What runs or waits may still log. */
function tidyLogs(logs: LogStore, tasks: Tasks, warn: Warn): void {
  logs
    .tidy((taskId) => tasks.isActive(taskId))
    .catch((cause: unknown) => warn("TASK_LOGS_UNTIDY", `logs were not tidied: ${String(cause)}`, {}));
}

/** The room `operations` decides what a lost run leaves; loaded when one is lost. */
function cleanUpAfterWorker(ground: Ground): WorkerLostCleanUp {
  return async (assignment) => {
    const { cleanUpAfterWorkerLost } = await import("./operations/worker-lost.ts");
    await cleanUpAfterWorkerLost(ground, assignment);
  };
}

async function openDoor(
  api: ApiServer,
  listen: ListenAddress,
  ground: Ground,
  opened: Opened,
): Promise<string> {
  const port = await api.listen(listen);
  // A wildcard is where we listen, not where others go.
  const host = listen.host === "0.0.0.0" ? "127.0.0.1" : listen.host === "::" ? "::1" : listen.host;
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const { directory, certificate } = ground;
  writeServerAddress(directory.path, { url, fingerprint: certificate.fingerprint, pid: process.pid });
  opened.push(() => removeServerAddress(directory.path));
  return url;
}

function hostNamesFor(listen: ListenAddress): string[] {
  const wildcard = listen.host === "0.0.0.0" || listen.host === "::";
  return [...new Set([hostname(), "localhost", "127.0.0.1", "::1", ...(wildcard ? [] : [listen.host])])];
}
