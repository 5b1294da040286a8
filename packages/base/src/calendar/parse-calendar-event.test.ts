import { expect, test } from "vitest";
import { instantFromMs } from "../clock.ts";
import { CodedError } from "../errors.ts";
import { runsWithin } from "./calendar-runs.ts";
import { parseCalendarEvent } from "./parse-calendar-event.ts";

function refusal(text: string): CodedError {
  try {
    parseCalendarEvent(text, "UTC");
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown;
  }
  throw new Error(`"${text}" was not refused`);
}

/** The first runs as `MM-DD HH:MM`, from the beginning of 2026 in UTC. */
function firstRuns(text: string, count: number): string[] {
  const period = { from: instantFromMs(Date.UTC(2026, 0, 1)), until: instantFromMs(Date.UTC(2030, 0, 1)) };
  const found: string[] = [];
  for (const run of runsWithin(parseCalendarEvent(text, "UTC"), period)) {
    if (found.length === count) break;
    found.push(new Date(run).toISOString().slice(5, 16).replace("T", " "));
  }
  return found;
}

test.each([
  ["", 1, "empty"],
  ["25:00", 1, "25 is no hour"],
  ["02:61", 4, "61 is no minute"],
  ["mon..fri *-*-* 1,13:7x", 22, '"x" does not belong here'],
  ["Funday 02:00", 1, '"Funday" is neither'],
  ["Mon Tue", 5, 'no time zone "Tue"'],
  ["Sat..Mon", 6, "over the end of the week"],
  ["*:*/15", 4, "takes no step"],
  ["*:0/0", 5, "a step of 0"],
  ["*:50/10", 3, "reaches no second minute"],
  ["*-*-5..3", 5, "goes down"],
  ["*-13-1", 3, "13 is no month"],
  ["02:00 Europe/Wien", 7, 'no time zone "Europe/Wien"'],
  ["02", 3, "the expression ends too early"],
  ["  25:00", 3, "25 is no hour"],
  ["61 * * * *", 1, "61 is no minute"],
  ["0 0 L * *", 5, '"l" is no day'],
  ["0 0 * * mun", 9, '"mun" is no weekday'],
  ["@reboot", 1, "is not a time"],
  ["@1700000000x", 12, "only digits"],
])("%j is refused at character %i", (text, position, reason) => {
  const error = refusal(text);
  expect(error.code).toBe("SCHEDULE_INVALID");
  expect(error.context).toMatchObject({ position });
  expect(error.message).toContain(reason);
});

test.each([
  ["*/15 * * * *", ["01-01 00:00", "01-01 00:15", "01-01 00:30"]],
  ["30 2 * * mon-fri", ["01-01 02:30", "01-02 02:30", "01-05 02:30"]],
  ["0 3 * * 7", ["01-04 03:00", "01-11 03:00"]],
  ["0 3 * * fri-sun", ["01-02 03:00", "01-03 03:00", "01-04 03:00", "01-09 03:00"]],
  ["0 0 29 feb *", ["02-29 00:00"]],
  ["0 12 1,15 * fri", ["01-01 12:00", "01-02 12:00", "01-09 12:00", "01-15 12:00", "01-16 12:00"]],
  ["0 12 */10 * thu", ["01-01 12:00", "05-21 12:00", "06-11 12:00"]],
  ["5/20 4 1 JAN-MAR/2 *", ["01-01 04:05", "01-01 04:25", "01-01 04:45", "03-01 04:05"]],
  ["@weekly", ["01-04 00:00", "01-11 00:00"]],
  ["@daily Europe/Vienna", ["01-01 23:00", "01-02 23:00"]],
  ["0 9 * * 1 America/New_York", ["01-05 14:00", "01-12 14:00"]],
  ["0-40/20 0 * * *", ["01-01 00:00", "01-01 00:20", "01-01 00:40", "01-02 00:00"]],
])("cron's %j runs when cron runs it", (text, expected) => {
  expect(firstRuns(text, expected.length)).toEqual(expected);
});

test("an expression without a zone means the zone it is given", () => {
  const event = parseCalendarEvent("02:00", "Europe/Vienna");
  expect(event).toMatchObject({
    timeZone: "Europe/Vienna",
    namesTimeZone: false,
    canonical: "*-*-* 02:00:00",
  });
});

test("a point in time by its number is that instant, once", () => {
  const period = { from: instantFromMs(0), until: instantFromMs(Date.UTC(2100, 0, 1)) };
  const event = parseCalendarEvent("@1772150400", "Europe/Vienna");
  expect([...runsWithin(event, period)]).toEqual([1_772_150_400_000]);
  expect(event.canonical).toBe("2026-02-27 00:00:00 UTC");
});

test("canonical texts read back as themselves", () => {
  for (const text of [
    "mon,fri..sun 5-1..3,7",
    "*:0/15",
    "*-*~7/2 1:2:3.5/10",
    "weekly Europe/Vienna",
    "*/5 0 * jan mon",
  ]) {
    const { canonical } = parseCalendarEvent(text, "UTC");
    expect(parseCalendarEvent(canonical, "UTC").canonical).toBe(canonical);
  }
});
