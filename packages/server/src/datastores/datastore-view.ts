/** A datastore as others see it: what was set, how its disk answers now, what was measured of it last. */

import { toCodedError } from "@ironcore-backup/base";
import type { Datastore } from "@ironcore-backup/protocol";
import type { DatastoreRecord } from "../state/datastore-records.ts";
import type { DatastoreEngine, DatastoreUsage } from "./datastore-engine.ts";
import type { DatastoreRegister } from "./datastore-register.ts";
import type { Measures } from "./measures.ts";
import type { Retentions } from "./retentions.ts";

export const FREE_PERCENT_MIN_DEFAULT = 10;

interface Needs {
  /** Unguarded: looking must be possible in every mode but maintenance. */
  readonly engine: Pick<DatastoreEngine, "probe" | "assertStore" | "identify">;
  readonly retentions: Retentions;
  readonly measures: Measures;
  readonly register: Pick<DatastoreRegister, "change">;
}

export async function presentDatastore(
  needs: Needs,
  record: DatastoreRecord,
  options: { readonly count: boolean } = { count: false },
): Promise<Datastore> {
  const head = headOf(needs, record);
  const measured = measuredOf(needs.measures, record.name);
  if (record.mode === "maintenance") {
    const { modeReason: statusReason } = record;
    return {
      ...head,
      ...measured,
      status: "maintenance",
      ...(statusReason === undefined ? {} : { statusReason }),
    };
  }
  try {
    await knowStore(needs, record);
    const usage = await needs.engine.probe(record.path, options);
    return { ...head, ...measured, ...usage, ...statusOf(record), isSpaceLow: isSpaceLow(record, usage) };
  } catch (cause) {
    return { ...head, ...measured, status: "offline", statusReason: toCodedError(cause).message };
  }
}

/** The first look at a datastore from before stores had names gives it one. @throws DATASTORE_NOT_SAME */
async function knowStore({ engine, register }: Needs, record: DatastoreRecord): Promise<void> {
  if (record.identity !== undefined) return engine.assertStore(record.path, record.identity);
  if (record.mode !== "normal") return;
  await register.change(record.name, { identity: await engine.identify(record.path) });
}

function statusOf({ mode, modeReason }: DatastoreRecord): Pick<Datastore, "status" | "statusReason"> {
  if (mode === "normal") return { status: "online" };
  return { status: "read-only", ...(modeReason === undefined ? {} : { statusReason: modeReason }) };
}

function isSpaceLow({ freePercentMin }: DatastoreRecord, { freeBytes, totalBytes }: DatastoreUsage): boolean {
  return freeBytes * 100 < totalBytes * (freePercentMin ?? FREE_PERCENT_MIN_DEFAULT);
}

function headOf(needs: Needs, record: DatastoreRecord) {
  const retention = needs.retentions.find(record.name, "");
  const { name, path, comment, createdAt, runningTaskCountMax, bandwidthLimitBytesPerSecond, mode } = record;
  return {
    name,
    path,
    ...(comment === undefined ? {} : { comment }),
    createdAt,
    mode,
    ...(runningTaskCountMax === undefined ? {} : { runningTaskCountMax }),
    ...(bandwidthLimitBytesPerSecond === undefined ? {} : { bandwidthLimitBytesPerSecond }),
    freePercentMin: record.freePercentMin ?? FREE_PERCENT_MIN_DEFAULT,
    ...(record.notificationGroup === undefined ? {} : { notificationGroup: record.notificationGroup }),
    ...(retention === undefined ? {} : { retention }),
  };
}

/** As it was when it was measured last; what is asked of the disk now goes before it. */
function measuredOf(measures: Measures, name: string): Partial<Datastore> {
  const measured = measures.latest(name);
  if (measured === undefined) return {};
  const { at: _at, usedBytes: _used, freeBytes: _free, totalBytes: _total, ...counts } = measured.measure;
  return { ...counts, fill: measured.fill };
}
