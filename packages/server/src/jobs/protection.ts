/**
 * How well a workload is protected: what should have happened by now, against what did.
 *
 * A link of the chain is kept by jobs: the backup jobs that take the workload; of the datastores and places its backups
 * go to, the verify, prune and gc jobs; drills of its group. All of it is read in the ledger of runs. A
 * job should have succeeded for an instant once its allowed time is over, or once the run is known to have failed. A link
 * is fresh when it was begun and done since the last such instant of any of its jobs. So it follows the most frequent of
 * them, and one that is only a little late does not alarm anybody before its time.
 */

import { formatInstant, instantFromMs } from "@ironcore-backup/base";
import type { ChainLink, ChainLinkName, Protection, WorkloadProtection } from "@ironcore-backup/protocol";
import { CHAIN_LINKS, PROTECTION_STATES } from "@ironcore-backup/protocol";
import { findLastDue, findLastSuccess } from "../state/run-records.ts";
import type { RunRecord } from "../state/run-records.ts";
import type { JobRecord } from "../state/job-records.ts";
import { findLastBackupOf } from "../state/task-records.ts";
import type { LastBackup } from "../state/task-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import { breath } from "./breath.ts";
import type { HeldJob } from "./instants.ts";
import type { JobDesk } from "./job-desk.ts";
import { ALLOWED_SECONDS_DEFAULT } from "./run-end.ts";
import { selectWorkloads } from "./workload-selection.ts";

/** Some milliseconds. */
const WORKLOADS_PER_BREATH = 10;

/** @param workloads  those that may be seen */
export async function readProtection(
  desk: JobDesk,
  workloads: readonly WorkloadRecord[],
): Promise<Protection> {
  const read = new Map<string, Promise<JobHistory>>();
  const ledger: Ledger = ({ record }) => {
    const known = read.get(record.name) ?? readHistory(desk, record);
    read.set(record.name, known);
    return known;
  };
  const shown: WorkloadProtection[] = [];
  for (const workload of workloads) {
    shown.push(await protectionOf(desk, workload, ledger));
    if (shown.length % WORKLOADS_PER_BREATH === 0) await breath();
  }
  const rank = ({ state }: WorkloadProtection): number => PROTECTION_STATES.indexOf(state);
  const sorted = shown.toSorted((a, b) => rank(a) - rank(b) || (a.workload < b.workload ? -1 : 1));
  const countOf = (state: WorkloadProtection["state"]): number =>
    shown.filter((one) => one.state === state).length;
  return {
    at: desk.clock.now(),
    counts: {
      unprotected: countOf("unprotected"),
      "at-risk": countOf("at-risk"),
      weak: countOf("weak"),
      protected: countOf("protected"),
    },
    workloads: sorted,
  };
}

/** What the ledger says of one job. */
interface JobHistory {
  readonly success: RunRecord | undefined;
  /** The newest instant for which it should have succeeded by now: its allowed time is over, or it is known to have failed. */
  readonly due: RunRecord | undefined;
}

type Ledger = (job: HeldJob) => Promise<JobHistory>;

async function readHistory({ state, clock }: JobDesk, { name, definition }: JobRecord): Promise<JobHistory> {
  const { allowedSeconds = ALLOWED_SECONDS_DEFAULT, randomDelaySeconds = 0 } = definition;
  const before = clock.now() - (allowedSeconds + randomDelaySeconds) * 1000;
  return {
    success: await findLastSuccess(state.database, name),
    due: await findLastDue(state.database, name, { before }),
  };
}

async function protectionOf(
  desk: JobDesk,
  workload: WorkloadRecord,
  ledger: Ledger,
): Promise<WorkloadProtection> {
  const { name, project } = workload;
  const last = await findLastBackupOf(desk.state.database, name);
  const jobs = jobsOf(desk, workload);
  const links: ChainLink[] = [];
  for (const link of CHAIN_LINKS) {
    const keepers = jobs[link];
    // Where no backups go nothing is to be done.
    if (link !== "backup" && jobs.backup.length === 0) continue;
    links.push(await linkOf({ link, keepers, last, ledger }));
  }
  const state = stateOf(links, last !== undefined);
  const weakestLink = links.find(isBroken);
  return {
    workload: name,
    ...(project === undefined ? {} : { project }),
    state,
    ...(last?.endedAt === undefined ? {} : { lastBackupAt: last.endedAt, lastBackupUpid: last.upid }),
    ...(weakestLink === undefined ? {} : { weakestLink }),
    links,
  };
}

function stateOf(links: readonly ChainLink[], hasBackup: boolean): WorkloadProtection["state"] {
  const backup = links.find(({ link }) => link === "backup");
  if (backup === undefined || backup.state === "none" || (!hasBackup && backup.state === "stale"))
    return "unprotected";
  // Its job is new: there is nothing to restore yet.
  if (!hasBackup) return "at-risk";
  if (backup.state === "stale") return "at-risk";
  return links.some(isBroken) ? "weak" : "protected";
}

/** What should be done and was not. Who keeps everything needs no prune job, and nobody must do drills. */
function isBroken({ link, state }: ChainLink): boolean {
  return state === "stale" || (state === "none" && (link === "backup" || link === "verify"));
}

/** Enabled jobs with a schedule that keep each link. */
function jobsOf(desk: JobDesk, workload: WorkloadRecord): Readonly<Record<ChainLinkName, HeldJob[]>> {
  const scheduled = [...desk.jobs.values()].filter(({ event }) => event !== undefined);
  const backup = scheduled.filter(
    ({ record }) => record.type === "backup" && selectWorkloads(record, [workload]).length > 0,
  );
  const { backupType, backupId = workload.name, kind } = workload.definition;
  const type = backupType ?? (kind === "image" ? "vm" : "host");
  const places = backup.map(({ record }) => ({
    datastore: record.datastore,
    namespace: record.definition.namespace ?? "",
  }));
  const groups = places.map(({ datastore, namespace }) => ({
    datastore,
    group: `${namespace === "" ? "" : `${namespace}/`}${type}/${backupId}`,
  }));
  const covering = (wanted: "verify" | "prune" | "gc"): HeldJob[] =>
    scheduled.filter(
      ({ record }) =>
        record.type === wanted &&
        places.some(
          ({ datastore, namespace }) =>
            datastore === record.datastore && isWithin(namespace, record.definition.namespace ?? ""),
        ),
    );
  const drill = scheduled.filter(
    ({ record }) =>
      record.type === "drill" &&
      groups.some(
        ({ datastore, group }) => datastore === record.datastore && group === record.definition.drill?.group,
      ),
  );
  return { backup, verify: covering("verify"), prune: covering("prune"), gc: covering("gc"), drill };
}

function isWithin(namespace: string, outer: string): boolean {
  return outer === "" || namespace === outer || namespace.startsWith(`${outer}/`);
}

async function linkOf({
  link,
  keepers,
  last,
  ledger,
}: {
  readonly link: ChainLinkName;
  readonly keepers: readonly HeldJob[];
  /** The last backup: of a job of many workloads one may fail where the others succeed. */
  readonly last: LastBackup | undefined;
  readonly ledger: Ledger;
}): Promise<ChainLink> {
  const [first] = keepers;
  if (first === undefined) return { link, state: "none", message: MISSING[link] };
  const read = await Promise.all(keepers.map(ledger));
  const run = newest(
    read.map(({ success }) => success),
    (one) => one.startedAt ?? 0,
  );
  const due = newest(
    read.map((one) => one.due),
    (one) => one.dueAt,
  );
  const done = link === "backup" ? last : run;
  const told = {
    link,
    job: due?.job ?? first.record.name,
    ...(done?.endedAt === undefined ? {} : { lastAt: done.endedAt }),
  };
  const doneSince = done?.startedAt;
  if (due === undefined && doneSince === undefined)
    return { ...told, state: "waiting", message: `${told.job} has not had its first time yet` };
  if (due === undefined || (doneSince !== undefined && doneSince >= due.dueAt))
    return { ...told, ...(run === undefined ? {} : { run: run.runId }), state: "fresh", message: DONE[link] };
  return {
    ...told,
    run: due.runId,
    state: "stale",
    staleSince: due.dueAt,
    message: sayStale(due, doneSince),
  };
}

function sayStale({ job, dueAt, state, message }: RunRecord, doneSince: number | undefined): string {
  const since = `since ${formatInstant(instantFromMs(dueAt)).replace(".000Z", "Z")}`;
  const what =
    doneSince === undefined
      ? `${job} has never succeeded, due ${since}`
      : `${job} has not succeeded ${since}`;
  const why = message ?? (state === "running" ? "it is still running" : undefined);
  return why === undefined ? what : `${what}: ${why}`;
}

function newest<T>(of: readonly (T | undefined)[], instantOf: (one: T) => number): T | undefined {
  return of.filter((one) => one !== undefined).toSorted((a, b) => instantOf(b) - instantOf(a))[0];
}

const MISSING: Readonly<Record<ChainLinkName, string>> = {
  backup: "No scheduled job backs it up",
  verify: "No scheduled job verifies its backups",
  drill: "No drill restores it",
  prune: "No scheduled job prunes where its backups go",
  gc: "No scheduled job collects garbage where its backups go",
};
const DONE: Readonly<Record<ChainLinkName, string>> = {
  backup: "It was backed up when it should have been",
  verify: "Its backups were verified when they should have been",
  drill: "It was restored in a drill when it should have been",
  prune: "Its backups were pruned when they should have been",
  gc: "Garbage was collected when it should have been",
};
