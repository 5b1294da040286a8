import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock } from "@ironcore-backup/base";
import { EVENT_KINDS } from "@ironcore-backup/protocol";
import type { EventQuery } from "@ironcore-backup/protocol";
import { EVERYTHING_VISIBLE } from "../state/task-visibility.ts";
import { parseEventFilter } from "./event-filter.ts";
import type { EventSight } from "./event-filter.ts";
import { createEventStream } from "./event-stream.ts";
import { aLine, anEventTask, aTask, factsOf, readAll, SEES_ALL } from "./event-stream.testing.ts";

/** One fact of each kind and place; named by what it is about. */
function told(query: EventQuery, sight: EventSight = SEES_ALL): string[] {
  const events = createEventStream({ clock: createFakeClock() });
  const start = events.sequence();
  for (const upid of ["a", "b"]) {
    const place = { datastore: `store-${upid}`, project: `project-${upid}`, namespace: `team/${upid}` };
    events.recordTask(aTask(upid, place));
    events.recordLines(anEventTask(upid, place), [aLine("x")]);
    events.recordDatastore(`store-${upid}`, undefined);
  }
  events.recordWorker("node/worker", undefined);
  events.recordScheduler({ paused: true });
  const batch = readAll(events, start, parseEventFilter(query), sight);
  if (batch.outcome === "reset") throw new Error("nothing is gone");
  return factsOf(batch.frames).map((fact) => {
    const { kind, upid, name } = { upid: undefined, name: undefined, ...fact };
    return `${kind.replace(/-.*/, kind === "task-logged" ? "-log" : "")} ${upid ?? name ?? ""}`.trim();
  });
}

const BOTH_TASKS = ["task a", "task b"];
const ALL_BUT_LOGS = [
  "task a",
  "datastore store-a",
  "task b",
  "datastore store-b",
  "worker node/worker",
  "scheduler",
];

test.each<[string, EventQuery, string[]]>([
  ["nothing is asked for: all but log lines", {}, ALL_BUT_LOGS],
  ["one task: its facts and its log", { upid: "a" }, ["task a", "task-log a"]],
  ["one task without its log", { upid: "a", kinds: "task-changed" }, ["task a"]],
  ["one task's log alone", { upid: "a", kinds: "task-logged" }, ["task-log a"]],
  ["all facts and one log beside them", { logOf: "a" }, ALL_BUT_LOGS.toSpliced(1, 0, "task-log a")],
  ["a log beside some kinds", { logOf: "b", kinds: "task-changed" }, ["task a", "task b", "task-log b"]],
  [
    "a log beside another datastore",
    { logOf: "b", datastore: "store-a" },
    ["task a", "datastore store-a", "task-log b"],
  ],
  ["two logs", { logOf: "b a", kinds: "task-logged" }, ["task-log a", "task-log b"]],
  ["log lines of tasks that nobody named", { kinds: "task-logged" }, []],
  ["kinds", { kinds: "task-changed,scheduler-changed" }, [...BOTH_TASKS, "scheduler"]],
  ["a project has tasks only", { project: "project-b" }, ["task b"]],
  ["all that is given must hold", { project: "project-b", datastore: "store-a" }, []],
])("what is asked for is told: %s", (_title, query, wanted) => {
  expect(told(query)).toEqual(wanted);
});

const BLIND: EventSight = {
  tasks: { ...EVERYTHING_VISIBLE, everything: false },
  workers: false,
  datastores: new Set(),
};
const seeing = (tasks: Partial<EventSight["tasks"]>): EventSight => ({
  ...BLIND,
  tasks: { ...BLIND.tasks, ...tasks },
});

test.each<[string, EventSight, string[]]>([
  ["who may see nothing", BLIND, []],
  ["a project", seeing({ projects: new Set(["project-a"]) }), ["task a", "task-log a"]],
  ["a datastore", seeing({ datastores: new Set(["store-a"]) }), ["task a", "task-log a"]],
  [
    "a namespace with those below it",
    seeing({ namespaces: new Set(["store-a:team"]) }),
    ["task a", "task-log a"],
  ],
  ["workers", { ...BLIND, workers: true }, ["worker node/worker", "scheduler"]],
  ["a datastore's own facts", { ...BLIND, datastores: new Set(["store-b"]) }, ["datastore store-b"]],
])("only what may be seen is told: %s", (_title, sight, wanted) => {
  expect(told({ logOf: "a" }, sight)).toEqual(wanted);
});

test("no filter shows a reader what it may not see", () => {
  const word = fc.option(fc.constantFrom("a", "b"), { nil: undefined });
  const query = fc.record({
    upid: word,
    logOf: word,
    datastore: fc.option(fc.constantFrom("store-a", "store-b"), { nil: undefined }),
    project: fc.option(fc.constantFrom("project-a", "project-b"), { nil: undefined }),
    kinds: fc.option(
      fc.subarray([...EVENT_KINDS], { minLength: 1 }).map((kinds) => kinds.join(",")),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(query, (asked) => {
      const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
      const seen = told(given, seeing({ projects: new Set(["project-a"]) }));
      expect(seen.filter((fact) => fact !== "task a" && fact !== "task-log a")).toEqual([]);
    }),
  );
});
