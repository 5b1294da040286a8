/**
 * Backup times of a schedule that somebody thinks of, for a simulation. Times are those of a wall clock in one time zone: where
 * clocks go forward, a time that does not exist that day is taken as much later as the clocks jumped; where they go back, the first of the two.
 */

import { parseTimeZone } from "@ironcore-backup/base";
import { engineErrors } from "../errors.ts";

export interface InventedSchedule {
  /** 0 is Monday. */
  readonly weekdays: ReadonlySet<number>;
  /** Minutes since midnight. */
  readonly minutesOfDay: readonly number[];
  /** Days up to and with the one that `until` lies in. */
  readonly dayCount: number;
  /** Unix time in seconds; nothing later. */
  readonly until: number;
}

const DAY_SECONDS = 86_400;
/** What a person can look at, and a thread can decide about in a second. */
export const INVENTED_SNAPSHOT_COUNT_MAX = 20_000;

/** Newest first, each time once. @throws TIME_ZONE_UNKNOWN, SCHEDULE_TOO_LARGE */
export function inventBackupTimes(timeZone: string, schedule: InventedSchedule): number[] {
  const { weekdays, minutesOfDay, dayCount, until } = schedule;
  const count = dayCount * minutesOfDay.length;
  if (count > INVENTED_SNAPSHOT_COUNT_MAX)
    throw engineErrors.SCHEDULE_TOO_LARGE({ count, countMax: INVENTED_SNAPSHOT_COUNT_MAX });
  const offsetAt = openOffsets(timeZone);
  const lastDay = Math.floor((until + offsetAt(until)) / DAY_SECONDS);
  const times = new Set<number>();
  for (let day = lastDay; day > lastDay - dayCount; day--) {
    // The first of January 1970 was a Thursday.
    if (!weekdays.has((((day + 3) % 7) + 7) % 7)) continue;
    for (const minutes of minutesOfDay) {
      const time = instantOf(offsetAt, day * DAY_SECONDS + minutes * 60);
      if (time >= 1 && time <= until) times.add(time);
    }
  }
  return [...times].toSorted((a, b) => b - a);
}

/** @param wall  seconds since 1970 as a wall clock would count them */
function instantOf(offsetAt: (seconds: number) => number, wall: number): number {
  // Before any change of the clocks that day, and after it.
  const before = offsetAt(wall - DAY_SECONDS);
  const after = offsetAt(wall + DAY_SECONDS);
  const fits = [wall - Math.max(before, after), wall - Math.min(before, after)].find(
    (time) => time + offsetAt(time) === wall,
  );
  return fits ?? wall - before;
}

/** Seconds that the zone is ahead of UTC at an instant. @throws TIME_ZONE_UNKNOWN */
function openOffsets(timeZone: string): (seconds: number) => number {
  const format = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
    timeZone: parseTimeZone(timeZone),
    timeZoneName: "longOffset",
  });
  return (seconds) => {
    const name =
      format.formatToParts(seconds * 1000).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
    const [, sign, hours = "0", minutes = "0", rest = "0"] = match ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest));
  };
}
