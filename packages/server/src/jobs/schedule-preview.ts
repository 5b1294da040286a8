/** What a schedule means before anybody saves it. */

import { describeCalendarEvent, parseCalendarEvent } from "@ironcore-backup/base";
import type { SchedulePreview, SchedulePreviewRequest } from "@ironcore-backup/protocol";
import { runsAfter } from "./instants.ts";
import type { JobDesk } from "./job-desk.ts";

const COUNT_DEFAULT = 10;

/** @throws SCHEDULE_INVALID, TIME_ZONE_UNKNOWN */
export function previewSchedule(
  desk: JobDesk,
  { schedule, timeZone, count = COUNT_DEFAULT }: SchedulePreviewRequest,
): SchedulePreview {
  const event = parseCalendarEvent(schedule, timeZone ?? desk.timeZone);
  return {
    canonical: event.canonical,
    text: describeCalendarEvent(event),
    timeZone: event.timeZone,
    runs: runsAfter(event, desk.clock.now(), count),
  };
}
