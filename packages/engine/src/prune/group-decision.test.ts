import { expect, test } from "vitest";
import { openCalendar } from "./calendar-period.ts";
import { decideGroup } from "./group-decision.ts";
import type { GroupMember, RetentionSet } from "./group-decision.ts";

const DAY = 86_400;
const NEWEST = 1_700_000_000;

const keepLast = (count: number, key = ""): RetentionSet => ({
  key,
  retention: { counts: { "keep-last": count }, timeZone: "UTC" },
});

/** `age` in days before the newest. */
function aMember(age: number, change: Partial<GroupMember> = {}): GroupMember {
  return {
    backupTime: NEWEST - age * DAY,
    isProtected: false,
    state: "finished",
    isBeingWritten: false,
    isKnownBad: false,
    set: keepLast(1),
    ...change,
  };
}

/** `keep:running remove:unfinished …`, in the order of the members. */
function decide(...members: readonly GroupMember[]): string {
  const decisions = decideGroup({ calendarOf: openCalendar }, members);
  return members
    .map(({ backupTime }) => {
      const decision = decisions.get(backupTime);
      return `${decision?.action}:${decision?.reason}`;
    })
    .join(" ");
}

test("a snapshot that a backup writes stays, and so does the newest without a manifest: one may be at it", () => {
  const unfinished = { state: "unfinished" } as const;
  expect(decide(aMember(0, { ...unfinished, isBeingWritten: true }), aMember(1))).toBe(
    "keep:running keep:keep-last",
  );
  expect(decide(aMember(0, unfinished), aMember(1), aMember(2))).toBe(
    "keep:running keep:keep-last remove:outside",
  );
  expect(decide(aMember(0, unfinished), aMember(1, unfinished), aMember(2))).toBe(
    "keep:running remove:unfinished keep:keep-last",
  );
  expect(decide(aMember(0), aMember(1, unfinished))).toBe("keep:keep-last remove:unfinished");
  expect(decide(aMember(0), aMember(1, { ...unfinished, isBeingWritten: true }))).toBe(
    "keep:keep-last keep:running",
  );
});

test("what is protected stays, finished or not, and is not counted", () => {
  expect(
    decide(
      aMember(0, { isProtected: true }),
      aMember(1),
      aMember(2, { isProtected: true, state: "unfinished" }),
      aMember(3, { isProtected: true, state: "damaged" }),
    ),
  ).toBe("keep:protected keep:keep-last keep:protected keep:protected");
});

test("without a retention nothing goes, not even leftovers", () => {
  const set = keepLast(0);
  expect(decide(aMember(0, { set }), aMember(1, { set, state: "unfinished" }), aMember(2, { set }))).toBe(
    "keep:no-retention keep:no-retention keep:no-retention",
  );
});

test("a snapshot whose manifest cannot be read takes no other's place, and stays for a person to look at", () => {
  expect(decide(aMember(0, { state: "damaged" }), aMember(1), aMember(2))).toBe(
    "keep:damaged keep:keep-last remove:outside",
  );
});

test("the last snapshot that is not known to be damaged stays, whatever the windows say", () => {
  const bad = { isKnownBad: true };
  expect(decide(aMember(0, bad), aMember(1, bad), aMember(2), aMember(3))).toBe(
    "keep:keep-last remove:outside keep:last-sound remove:outside",
  );
  expect(decide(aMember(0, bad), aMember(1, { isProtected: true }), aMember(2))).toBe(
    "keep:keep-last keep:protected remove:outside",
  );
  expect(decide(aMember(0, bad), aMember(1, bad))).toBe("keep:keep-last remove:outside");
  // Protected is not sound.
  expect(decide(aMember(0, bad), aMember(1, { isProtected: true, ...bad }), aMember(2))).toBe(
    "keep:keep-last keep:protected keep:last-sound",
  );
});

test("a job with a retention of its own counts its own snapshots, and takes no place of the others", () => {
  const hourly = keepLast(2, "job hourly");
  expect(
    decide(
      aMember(0, { set: hourly }),
      aMember(1, { set: hourly }),
      aMember(2),
      aMember(3, { set: hourly }),
      aMember(4),
    ),
  ).toBe("keep:keep-last keep:keep-last keep:keep-last remove:outside remove:outside");
});

test("a group of very many snapshots is no trouble", () => {
  const members = Array.from({ length: 200_000 }, (_, age) => aMember(age / 1000));
  const decisions = decideGroup({ calendarOf: openCalendar }, members);
  expect([...decisions.values()].filter(({ action }) => action === "keep")).toHaveLength(1);
});
