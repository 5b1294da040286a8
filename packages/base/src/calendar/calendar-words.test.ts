import { expect, test } from "vitest";
import { describeCalendarEvent } from "./calendar-words.ts";
import { parseCalendarEvent } from "./parse-calendar-event.ts";

test.each([
  ["02:30", "every day at 02:30 (UTC)"],
  ["Mon..Fri 02:30 Europe/Vienna", "every weekday at 02:30 (Europe/Vienna)"],
  ["Sun 06:00", "every Sunday at 06:00 (UTC)"],
  ["Sat,Sun 6,18:00", "every Saturday and Sunday at 06:00 and 18:00 (UTC)"],
  ["mon..fri *-*-* 1,13:30", "every weekday at 01:30 and 13:30 (UTC)"],
  ["*:0/15", "every 15 minutes (UTC)"],
  ["minutely", "every minute (UTC)"],
  ["hourly", "every hour (UTC)"],
  ["*:05", "every hour, at minute 5 (UTC)"],
  ["0/6:00", "every 6 hours from 00:00 on (UTC)"],
  ["Mon *:0/15", "every 15 minutes, every Monday (UTC)"],
  ["8..17:0/30", "every 30 minutes of the hours 08..17 (UTC)"],
  ["8..17:5,10", "every day at minute 05,10 of the hours 08..17 (UTC)"],
  ["*:*:*", "every second (UTC)"],
  ["02:00:30", "every day at 02:00, at second 30 (UTC)"],
  ["monthly", "on the 1st of every month at 00:00 (UTC)"],
  ["quarterly", "on the 1st of January, April, July and October at 00:00 (UTC)"],
  ["*-*-2,3,11,22 4:00", "on the 2nd, 3rd, 11th and 22nd of every month at 04:00 (UTC)"],
  ["*-*~1 23:00", "on the last day of every month at 23:00 (UTC)"],
  ["*-*~2..3 23:00", "on the 3rd last day to the 2nd last day of every month at 23:00 (UTC)"],
  ["Mon *-05~07/1", "every Monday that is the 7th last day to the last day of May at 00:00 (UTC)"],
  ["Fri *-*-13", "every Friday that is the 13th of every month at 00:00 (UTC)"],
  ["0 12 1 * fri", "on the 1st of every month and every Friday at 12:00 (UTC)"],
  ["2026-12-24 18:00", "on the 24th of December of 2026 at 18:00 (UTC)"],
  ["Mon *-1-* 7:00", "every Monday in January at 07:00 (UTC)"],
])("%s reads: %s", (text, words) => {
  expect(describeCalendarEvent(parseCalendarEvent(text, "UTC"))).toBe(words);
});
