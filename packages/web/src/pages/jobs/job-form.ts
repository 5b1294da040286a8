/** What the editor of a job holds, mostly as text, and the request that it comes to. */

import { quoteCommandWords, readCommandWords } from "@ironcore-backup/base";
import type {
  BackupMode,
  DrillChoice,
  Job,
  JobCreate,
  JobType,
  JobUpdate,
  MissedRunPolicy,
  Retention,
  TaskPriority,
} from "@ironcore-backup/protocol/calls";
import { hasWindow } from "../../parts/retention-text.ts";

/** A number field's value; `""` says nothing. */
export type Amount = number | string;

export interface JobForm {
  readonly name: string;
  readonly type: JobType;
  readonly datastore: string;
  readonly project: string;
  readonly namespace: string;
  readonly comment: string;
  readonly notificationGroup: string;
  readonly priority: TaskPriority;
  readonly schedule: string;
  readonly timeZone: string;
  readonly missedRuns: MissedRunPolicy;
  readonly allowedHours: Amount;
  readonly randomDelayMinutes: Amount;
  readonly retryCount: Amount;
  readonly retryDelayMinutes: Amount;
  readonly bandwidthMib: Amount;
  readonly workloads: readonly string[];
  /** Separated by commas, like the five after it. */
  readonly includeNames: string;
  readonly includeTags: string;
  readonly includeProjects: string;
  readonly excludeNames: string;
  readonly excludeTags: string;
  readonly excludeProjects: string;
  readonly mode: BackupMode;
  readonly retention: Retention;
  /** By snapshots that were found sound not long ago, or by bytes within a window. */
  readonly extent: "snapshots" | "bytes";
  readonly verifyWindowDays: Amount;
  readonly coverDays: Amount;
  readonly durationMinutesMax: Amount;
  readonly group: string;
  readonly choice: DrillChoice;
  readonly archive: string;
  readonly check: string;
  readonly keyFile: string;
  readonly cutoffMinutes: Amount;
}

export const EMPTY_JOB: JobForm = {
  name: "",
  type: "backup",
  datastore: "",
  project: "",
  namespace: "",
  comment: "",
  notificationGroup: "",
  priority: "normal",
  schedule: "02:00",
  timeZone: "",
  missedRuns: "run-once",
  allowedHours: "",
  randomDelayMinutes: "",
  retryCount: "",
  retryDelayMinutes: "",
  bandwidthMib: "",
  workloads: [],
  includeNames: "",
  includeTags: "",
  includeProjects: "",
  excludeNames: "",
  excludeTags: "",
  excludeProjects: "",
  mode: "incremental",
  retention: {},
  extent: "snapshots",
  verifyWindowDays: 30,
  coverDays: 30,
  durationMinutesMax: "",
  group: "",
  choice: "newest",
  archive: "",
  check: "",
  keyFile: "",
  cutoffMinutes: "",
};

const MIB = 1 << 20;
const RETRY_DELAY_MINUTES_DEFAULT = 5;

// Long because it names every field once; there is nothing to follow in it.
export function formOfJob(job: Job): JobForm {
  const { sources = {}, drill, retryPolicy } = job;
  const joined = (words: readonly string[] | undefined): string => (words ?? []).join(", ");
  const of = (amount: number | undefined, unit = 1): Amount => (amount === undefined ? "" : amount / unit);
  return {
    ...EMPTY_JOB,
    name: job.name,
    type: job.type,
    datastore: job.datastore,
    project: job.project ?? "",
    namespace: job.namespace ?? "",
    comment: job.comment ?? "",
    notificationGroup: job.notificationGroup ?? "",
    priority: job.priority ?? "normal",
    schedule: job.schedule ?? "",
    timeZone: job.timeZone ?? "",
    missedRuns: job.missedRuns ?? "run-once",
    allowedHours: of(job.allowedSeconds, 3600),
    randomDelayMinutes: of(job.randomDelaySeconds, 60),
    retryCount: of(retryPolicy?.countMax),
    retryDelayMinutes: of(retryPolicy?.delaySeconds, 60),
    bandwidthMib: of(job.bandwidthLimitBytesPerSecond, MIB),
    workloads: sources.workloads ?? [],
    includeNames: joined(sources.include?.names),
    includeTags: joined(sources.include?.tags),
    includeProjects: joined(sources.include?.projects),
    excludeNames: joined(sources.exclude?.names),
    excludeTags: joined(sources.exclude?.tags),
    excludeProjects: joined(sources.exclude?.projects),
    mode: job.mode ?? "incremental",
    retention: job.retention ?? {},
    extent: job.coverDays === undefined ? "snapshots" : "bytes",
    verifyWindowDays: job.verifyWindowDays ?? 30,
    coverDays: job.coverDays ?? 30,
    durationMinutesMax: of(job.durationSecondsMax, 60),
    group: drill?.group ?? "",
    choice: drill?.choice ?? "newest",
    archive: drill?.archive ?? "",
    check: drill?.check === undefined ? "" : quoteCommandWords(drill.check.argv),
    keyFile: drill?.keyFile ?? "",
    cutoffMinutes: of(job.cutoffMinutes),
  };
}

export type JobTroubles = { readonly [Field in keyof JobForm]?: string };

export function troublesOf(form: JobForm): JobTroubles {
  const { name, check, type } = form;
  const trouble = type === "drill" && check.trim() !== "" ? readCommandWords(check).trouble : undefined;
  return {
    ...(name === "" || NAME.test(name) ? {} : { name: "Letters, digits, dots, dashes and underscores" }),
    ...(trouble === undefined ? {} : { check: trouble }),
  };
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export function isComplete(form: JobForm): boolean {
  if (form.name === "" || form.datastore === "") return false;
  if (form.type === "drill") return form.group !== "";
  return form.type !== "backup" || hasSources(form);
}

function hasSources({ workloads, includeNames, includeTags, includeProjects }: JobForm): boolean {
  return workloads.length > 0 || `${includeNames}${includeTags}${includeProjects}`.trim() !== "";
}

export function createRequest(form: JobForm): JobCreate {
  const wish = Object.entries(fieldsOf(form)).filter(([, value]) => value !== null);
  return {
    name: form.name,
    type: form.type,
    datastore: form.datastore,
    ...(form.project === "" ? {} : { project: form.project }),
    // The fields of an update without those that it takes away.
    ...(Object.fromEntries(wish) as Omit<JobCreate, "name" | "type" | "datastore" | "project">),
  };
}

export function updateRequest(form: JobForm, before: Job): JobUpdate {
  // One that was another goes back to the default by its name.
  const priority = before.priority === undefined ? {} : { priority: form.priority };
  const fields = { ...fieldsOf(form), ...priority };
  const { drill } = fields;
  if (drill === undefined) return fields;
  // What the editor does not show stays as it was.
  const timeout = before.drill?.check?.timeoutSeconds;
  const compareSource = before.drill?.compareSource;
  return {
    ...fields,
    drill: {
      ...drill,
      ...(drill.check === undefined || timeout === undefined
        ? {}
        : { check: { ...drill.check, timeoutSeconds: timeout } }),
      ...(compareSource === undefined ? {} : { compareSource }),
    },
  };
}

/** `null` takes away what may be set already. */
function fieldsOf(form: JobForm): JobUpdate {
  const { schedule, timeZone, comment, notificationGroup, missedRuns, retryCount, type } = form;
  return {
    schedule: schedule.trim() === "" ? null : schedule.trim(),
    timeZone: timeZone === "" ? null : timeZone,
    comment: comment.trim() === "" ? null : comment.trim(),
    notificationGroup: notificationGroup === "" ? null : notificationGroup,
    ...(form.priority === "normal" ? {} : { priority: form.priority }),
    missedRuns,
    allowedSeconds: amountOf(form.allowedHours, 3600),
    randomDelaySeconds: amountOf(form.randomDelayMinutes, 60) ?? 0,
    retryPolicy:
      typeof retryCount === "number" && retryCount > 0
        ? {
            countMax: retryCount,
            delaySeconds: amountOf(form.retryDelayMinutes, 60) ?? RETRY_DELAY_MINUTES_DEFAULT * 60,
          }
        : null,
    ...(type === "backup" || type === "verify" || type === "prune"
      ? { namespace: form.namespace.trim() }
      : {}),
    ...(type === "backup" || type === "verify" || type === "drill"
      ? { bandwidthLimitBytesPerSecond: amountOf(form.bandwidthMib, MIB) }
      : {}),
    ...(type === "backup" ? backupFields(form) : {}),
    ...(type === "verify" ? verifyFields(form) : {}),
    ...(type === "drill" ? { drill: drillOf(form) } : {}),
    ...(type === "gc" ? { cutoffMinutes: amountOf(form.cutoffMinutes, 1) } : {}),
  };
}

function amountOf(value: Amount, unit: number): number | null {
  return typeof value === "number" ? Math.round(value * unit) : null;
}

function backupFields(form: JobForm): Pick<JobUpdate, "sources" | "mode" | "retention"> {
  const include = filterOf({
    names: form.includeNames,
    tags: form.includeTags,
    projects: form.includeProjects,
  });
  const exclude = filterOf({
    names: form.excludeNames,
    tags: form.excludeTags,
    projects: form.excludeProjects,
  });
  return {
    sources: {
      ...(form.workloads.length === 0 ? {} : { workloads: [...form.workloads] }),
      ...(include === undefined ? {} : { include }),
      ...(exclude === undefined ? {} : { exclude }),
    },
    mode: form.mode,
    retention: hasWindow(form.retention) ? form.retention : null,
  };
}

interface Filter {
  names?: string[];
  tags?: string[];
  projects?: string[];
}

function filterOf(text: Readonly<Record<keyof Filter, string>>): Filter | undefined {
  const filter: Filter = {};
  for (const field of ["names", "tags", "projects"] as const) {
    const list = text[field].split(/[,\s]+/).filter((word) => word !== "");
    if (list.length > 0) filter[field] = list;
  }
  return Object.keys(filter).length === 0 ? undefined : filter;
}

function verifyFields(
  form: JobForm,
): Pick<JobUpdate, "verifyWindowDays" | "coverDays" | "durationSecondsMax"> {
  if (form.extent === "bytes")
    return {
      verifyWindowDays: null,
      coverDays: amountOf(form.coverDays, 1),
      durationSecondsMax: amountOf(form.durationMinutesMax, 60),
    };
  return {
    coverDays: null,
    durationSecondsMax: null,
    verifyWindowDays: typeof form.verifyWindowDays === "number" ? form.verifyWindowDays : 0,
  };
}

function drillOf({ group, choice, archive, check, keyFile }: JobForm): NonNullable<JobUpdate["drill"]> {
  const { words } = readCommandWords(check);
  return {
    group: group.trim(),
    choice,
    ...(archive.trim() === "" ? {} : { archive: archive.trim() }),
    ...(words === undefined ? {} : { check: { argv: [...words] } }),
    ...(keyFile.trim() === "" ? {} : { keyFile: keyFile.trim() }),
  };
}
