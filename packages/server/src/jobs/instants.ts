/**
 * When a job is due. An instant is what its schedule names (`dueAt`); the run starts up to `randomDelaySeconds` later
 * (`fireAt`), always as much for the same job and instant, so that a restart does not throw the dice again.
 */

import { createHash } from "node:crypto";
import { describeCalendarEvent, instantFromMs, nextRun, parseCalendarEvent } from "@ironcore-backup/base";
import type { CalendarEvent, Instant } from "@ironcore-backup/base";
import type { JobRecord } from "../state/job-records.ts";
import type { NewRun } from "../state/run-records.ts";

/** A job with its schedule understood. */
export interface HeldJob {
  readonly record: JobRecord;
  /** Undefined: it runs by hand only, or is disabled. */
  readonly event: CalendarEvent | undefined;
}

/** @throws SCHEDULE_INVALID, TIME_ZONE_UNKNOWN */
export function holdJob(record: JobRecord, timeZone: string): HeldJob {
  const { schedule, enabled } = record.definition;
  const event =
    schedule === undefined ? undefined : parseCalendarEvent(schedule, record.definition.timeZone ?? timeZone);
  return { record, event: enabled ? event : undefined };
}

/** The schedule as a sentence, also of a disabled job. */
export function scheduleText(record: JobRecord, timeZone: string): string | undefined {
  const { schedule } = record.definition;
  if (schedule === undefined) return undefined;
  return describeCalendarEvent(parseCalendarEvent(schedule, record.definition.timeZone ?? timeZone));
}

/** The row of the first instant after another one; undefined when there is none. */
export function expectedAfter({ record, event }: HeldJob, after: number): NewRun | undefined {
  const dueAt = event === undefined ? undefined : nextRun(event, instantFromMs(after));
  return dueAt === undefined ? undefined : expectedAt(record, dueAt);
}

function expectedAt({ name, definition }: JobRecord, dueAt: Instant): NewRun {
  return {
    job: name,
    origin: "schedule",
    dueAt,
    fireAt: dueAt + delayMsOf(name, dueAt, definition.randomDelaySeconds ?? 0),
    state: "expected",
    cause: undefined,
    message: undefined,
    askedBy: undefined,
    instantCount: 1,
    subjects: [],
    startedAt: undefined,
    endedAt: undefined,
  };
}

const HASH_RANGE = 2 ** 32;

function delayMsOf(job: string, dueAt: number, seconds: number): number {
  if (seconds === 0) return 0;
  const share = createHash("sha256").update(`${job} ${dueAt}`).digest().readUInt32BE(0) / HASH_RANGE;
  return Math.floor(share * seconds * 1000);
}

/** The next instants, for showing. */
export function runsAfter(event: CalendarEvent, after: number, countMax: number): Instant[] {
  const instants: Instant[] = [];
  let at = nextRun(event, instantFromMs(after));
  while (at !== undefined && instants.length < countMax) {
    instants.push(at);
    at = nextRun(event, at);
  }
  return instants;
}
