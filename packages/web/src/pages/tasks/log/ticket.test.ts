import { expect, test } from "vitest";
import { aTask } from "../../../live/scripted-server.testing.ts";
import { aLine } from "./log-server.testing.ts";
import { formatTicket } from "./ticket.ts";

test("a ticket names the task, its times in UTC, the error with its remedy, and the lines", () => {
  const task = aTask({
    state: "failed",
    startedAt: 1_700_000_001_000,
    endedAt: 1_700_000_063_000,
    exitStatus: "The disk is full",
    error: {
      code: "DISK_FULL",
      message: "The disk is full",
      remedy: "Free space.",
      retry: "later",
      context: {},
    },
  });
  const text = formatTicket(task, {
    worst: [aLine(3, { level: "error", code: "DISK_FULL" })],
    last: [aLine(4)],
  });
  for (const part of [
    task.upid,
    "failed: The disk is full",
    "2023-11-14T22:13:21.000Z",
    "(1 min 02 s)",
    "DISK_FULL: The disk is full",
    "Free space.",
    "Last warnings and errors:\n  3 ",
    "Last lines:\n  4 ",
  ])
    expect(text).toContain(part);
});

test("what there is none of is left out", () => {
  expect(formatTicket(aTask(), { worst: [], last: [] })).not.toMatch(/Error|Last/);
});
