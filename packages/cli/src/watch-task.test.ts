import { expect, test } from "vitest";
import { baseErrors } from "@ironcore-backup/base";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { aTask, run, TEST_UPID } from "./command-run.testing.ts";
import type { TestServer } from "./command-run.testing.ts";

const LINE: TaskLogLine = {
  number: 1,
  at: 1_800_000_002_000,
  level: "warning",
  stage: "etc",
  code: "FILE_UNREADABLE",
  message: "/etc/\u001b[31mshadow cannot be read",
  fields: { path: "/etc/shadow" },
};

/** A server whose task runs, says a line, and ends as told. */
function serverOf(finished: Task): TestServer {
  const stage = {
    name: "etc",
    startedAt: 1_800_000_001_000,
    doneBytes: 524_288,
    totalBytes: 1_048_576,
    doneItems: 12,
    totalIsEstimate: true,
    warningCount: 0,
    errorCount: 0,
  };
  const running = aTask({
    state: "running",
    exitStatus: undefined as never,
    stages: [{ ...stage, state: "running" }],
  });
  const ended = {
    ...finished,
    logLineCount: 1,
    stages: [{ ...stage, state: "done" as const, endedAt: 1_800_000_005_000 }],
  };
  const facts = [
    { kind: "task-logged", upid: TEST_UPID, lines: [LINE] },
    { kind: "task-changed", upid: TEST_UPID, task: ended },
  ];
  return {
    answers: {
      startBackup: () => ({ upid: TEST_UPID }),
      getTask: () => running,
      getTaskLog: () => ({ lines: [], lineCount: 0, finished: false }),
    },
    async *events() {
      for (const [i, fact] of facts.entries()) {
        yield `id: ${i + 1}\ndata: ${JSON.stringify({ sequence: i + 1, at: 0, ...fact })}\n\n`;
      }
    },
  };
}

const BACKUP = ["backup", "--path", "/etc", "--datastore", "main", "--wait"];

const ERROR = {
  code: "DISK_FULL",
  message: "no room left",
  remedy: "make room",
  retry: "later",
  context: {},
} as const;

test.each([
  ["ok", aTask(), 0, "✔ OK"],
  [
    "warning",
    aTask({ state: "warning", exitStatus: "WARNINGS: 1" }),
    3,
    "▲ WARNING  backup in 4.2 s: WARNINGS: 1",
  ],
  ["failed", aTask({ state: "failed", exitStatus: "no room left", error: ERROR }), 1, "✘ FAILED"],
  ["cancelled", aTask({ state: "cancelled", exitStatus: "Cancelled by an operator" }), 1, "■ CANCELLED"],
])(
  "waiting for a task that ends %s shows UPID, log and verdict, and ends with its exit code",
  async (_state, task, exitCode, verdict) => {
    const waited = await run(BACKUP, serverOf(task));
    expect(waited.exitCode).toBe(exitCode);
    const lines = waited.out.split("\n");
    expect(lines[0]).toBe(TEST_UPID);
    expect(lines[1]).toBe("  etc started");
    expect(lines[2]).toMatch(/warning \/etc\/\\x1b\[31mshadow cannot be read \[FILE_UNREADABLE\]$/);
    expect(lines[3]).toBe("  etc done: 512.0 KiB, 12 items, 4.0 s");
    expect(lines[4]).toContain(verdict);
  },
);

test("a failure tells its code, what happened and what to do, once", async () => {
  const { out } = await run(
    BACKUP,
    serverOf(aTask({ state: "failed", exitStatus: "no room left", error: ERROR })),
  );
  expect(out.match(/no room left/g)).toHaveLength(1);
  expect(out).toMatch(/DISK_FULL +no room left\n +What to do +make room/);
});

test("for programs every fact is one JSON value a line, the finished task last", async () => {
  const { out } = await run([...BACKUP, "--output-format", "json"], serverOf(aTask()));
  const values = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(values[0]).toEqual({ upid: TEST_UPID });
  expect(values.map((value) => value["kind"])).toEqual([
    undefined,
    "task-changed",
    "task-logged",
    "task-changed",
  ]);
  expect(values.at(-1)).toMatchObject({ upid: TEST_UPID, task: { state: "ok" } });
});

test("Ctrl-C leaves the task running, says how to come back, and ends with 130", async () => {
  const stop = new AbortController();
  const server = serverOf(aTask());
  const { exitCode, err, calls } = await run(
    BACKUP,
    {
      ...server,
      // eslint-disable-next-line require-yield -- the connection ends before anything happens
      async *events() {
        stop.abort();
        throw baseErrors.CANCELLED({});
      },
    },
    { signal: stop.signal },
  );
  expect(exitCode).toBe(130);
  expect(err).toContain("The task goes on");
  expect(err).toContain(`task wait '${TEST_UPID}'`);
  expect(calls.map((call) => call.name)).not.toContain("cancelTask");
});

test("on a terminal the stages are drawn in place, with a percentage marked as an estimate", async () => {
  const { out } = await run(BACKUP, serverOf(aTask()), { terminalWidth: 60 });
  expect(out).toContain("~50 %");
  expect(out).toContain("\u001b[0J");
});
