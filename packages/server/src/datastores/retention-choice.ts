/**
 * Which retention a snapshot falls under: the most specific one that was set. What a question brings itself comes first, then
 * the job's that took the snapshot, then the namespace's or that of the nearest one above it, then the datastore's.
 *
 * Plain values and a pure function: the table travels to threads and worker processes.
 */

import { parseTimeZone } from "@ironcore-backup/base";
import type { EffectiveRetention, KeepRule, Retention } from "@ironcore-backup/protocol";

/** Everything that was set for a datastore. */
export interface RetentionTable {
  readonly datastore: string;
  /** For retentions that name no zone. */
  readonly timeZone: string;
  /** By namespace; `""` is the datastore's own. */
  readonly ofNamespaces: Readonly<Record<string, Retention>>;
  /** By job. */
  readonly ofJobs: Readonly<Record<string, Retention>>;
  /** Instead of all others. */
  readonly ofRequest?: Retention;
}

/** A retention as the engine wants it, and where it comes from. */
export interface RetentionChoice {
  /** Snapshots with the same key are counted together. */
  readonly key: string;
  readonly retention: { readonly counts: Partial<Record<KeepRule, number>>; readonly timeZone: string };
  readonly effective: EffectiveRetention;
}

export function chooseRetention(
  table: RetentionTable,
  place: { readonly namespace: string; readonly job: string | undefined },
): RetentionChoice {
  const { retention, level, setOn } = find(table, place);
  const timeZone = retention.timeZone ?? table.timeZone;
  return {
    // A job with a retention of its own counts its own snapshots; all others of a group are counted together.
    key: level === "job" ? `job ${setOn ?? ""}` : "",
    retention: { counts: countsOf(retention), timeZone },
    effective: { retention, level, ...(setOn === undefined ? {} : { setOn }), timeZone },
  };
}

function find(
  table: RetentionTable,
  { namespace, job }: { readonly namespace: string; readonly job: string | undefined },
): Omit<EffectiveRetention, "timeZone"> {
  if (table.ofRequest !== undefined) return { retention: table.ofRequest, level: "request" };
  const ofJob = job === undefined ? undefined : own(table.ofJobs, job);
  if (job !== undefined && ofJob !== undefined) return { retention: ofJob, level: "job", setOn: job };
  for (const place of selfAndAbove(namespace)) {
    const retention = own(table.ofNamespaces, place);
    if (retention === undefined) continue;
    return place === ""
      ? { retention, level: "datastore", setOn: table.datastore }
      : { retention, level: "namespace", setOn: place };
  }
  return { retention: {}, level: "none" };
}

/** `a/b/c`, `a/b`, `a`, `""`. */
function selfAndAbove(namespace: string): string[] {
  const components = namespace === "" ? [] : namespace.split("/");
  return [...components.keys().map((at) => components.slice(0, components.length - at).join("/")), ""];
}

/** A namespace may be called `constructor`. */
function own(record: Readonly<Record<string, Retention>>, key: string): Retention | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function countsOf(retention: Retention): Partial<Record<KeepRule, number>> {
  return {
    "keep-last": retention.keepLast ?? 0,
    "keep-hourly": retention.keepHourly ?? 0,
    "keep-daily": retention.keepDaily ?? 0,
    "keep-weekly": retention.keepWeekly ?? 0,
    "keep-monthly": retention.keepMonthly ?? 0,
    "keep-yearly": retention.keepYearly ?? 0,
  };
}

/** With the zone in the platform's spelling. @throws TIME_ZONE_UNKNOWN */
export function checkRetention(retention: Retention): Retention {
  return retention.timeZone === undefined
    ? retention
    : { ...retention, timeZone: parseTimeZone(retention.timeZone) };
}
