import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { createClient } from "./client.ts";
import { followTask } from "./follow-task.ts";
import type { FollowOptions } from "./follow-task.ts";
import { BREAKS, HANGS, scriptedTransport } from "./scripted-transport.testing.ts";
import type { ScriptedAnswer } from "./scripted-transport.testing.ts";
import type { Transport } from "./transport.ts";

const UPID = "UPID:test";

const line = (number: number): TaskLogLine => ({
  number,
  at: 0,
  level: "info",
  code: "X",
  message: `line ${number}`,
  fields: {},
});

const taskOf = (state: Task["state"], logLineCount: number): Task => ({
  upid: UPID,
  type: "backup",
  state,
  class: "worker",
  priority: "normal",
  authId: "a@b",
  datastore: "main",
  namespace: "",
  source: "",
  target: "",
  queuedAt: 0,
  stages: [],
  bytes: 0,
  warningCount: 0,
  errorCount: 0,
  logLineCount,
  cancelRequested: false,
  tryNumber: 1,
  childCount: 0,
});

const FACTS = [
  { kind: "task-changed", task: taskOf("running", 0) },
  { kind: "task-logged", lines: [line(1), line(2)] },
  { kind: "task-logged", lines: [line(3)] },
  { kind: "task-logged", lines: [line(4), line(5)] },
  { kind: "task-changed", task: taskOf("ok", 5) },
].map((fact, i) => ({ sequence: i + 1, at: 0, upid: UPID, ...fact }));

const linesUpTo = (factCount: number): TaskLogLine[] =>
  FACTS.slice(0, factCount).flatMap((fact) => ("lines" in fact ? (fact.lines as TaskLogLine[]) : []));
const json = (value: unknown): ScriptedAnswer => ({ parts: [JSON.stringify(value)] });
const frame = (fact: { readonly sequence: number }): string =>
  `id: ${fact.sequence}\ndata: ${JSON.stringify(fact)}\n\n`;

/** What one connection of the event stream does before it ends. */
interface Connection {
  /** How many facts have happened when it breaks. */
  readonly factCount: number;
  readonly fate: "breaks" | "ends" | "hangs" | "resets" | "refused" | "repeats";
}

/** A server that lives through `connections` and then tells the rest. Calls before the end may find nobody, too. */
function lifeServer(connections: readonly Connection[], refusedCalls: readonly number[] = []) {
  let happened = 0;
  let connectionCount = 0;
  let callCount = 0;
  return scriptedTransport((request) => {
    const isStream = request.path.includes("/events");
    if (!isStream && refusedCalls.includes(++callCount)) return undefined;
    if (request.path.includes("/log")) {
      const start = Number(/start=(\d+)/.exec(request.path)?.[1]);
      const lines = linesUpTo(happened);
      return json({
        lines: lines.filter((row) => row.number >= start),
        lineCount: lines.length,
        finished: false,
      });
    }
    if (!isStream) {
      const lineCount = linesUpTo(happened).length;
      return json(happened === FACTS.length ? taskOf("ok", 5) : taskOf("running", lineCount));
    }
    const { factCount, fate } = connections[connectionCount++] ?? { factCount: FACTS.length, fate: "hangs" };
    if (fate === "refused") return undefined;
    // Without a number the server begins with what happens next.
    const after = Number(request.headers["last-event-id"] ?? happened);
    happened = Math.max(happened, factCount);
    const told = FACTS.slice(fate === "repeats" ? Math.max(0, after - 2) : after, happened).map(frame);
    const reset = `id: ${happened}\ndata: ${JSON.stringify({ sequence: happened, at: 0, kind: "stream-reset" })}\n\n`;
    if (fate === "resets") return { parts: [reset, BREAKS] };
    return { parts: fate === "ends" ? told : [...told, fate === "hangs" ? HANGS : BREAKS] };
  });
}

interface Followed {
  readonly task: Task;
  readonly lines: readonly number[];
  readonly states: readonly string[];
  readonly contacts: readonly boolean[];
}

/** Follows the task while time passes as fast as the machine allows. */
async function follow(
  transport: Transport,
  options: FollowOptions = {},
  clock = createFakeClock(),
): Promise<Followed> {
  const lines: number[] = [];
  const states: string[] = [];
  const contacts: boolean[] = [];
  const needs = { client: createClient({ transport, clock }, {}), clock, random: createSeededRandom(1) };
  const followed = followTask(needs, UPID, {
    onTask: (task) => states.push(task.state),
    onLines: (rows) => lines.push(...rows.map((row) => row.number)),
    onContact: (reason) => contacts.push(reason === undefined),
    ...options,
  });
  const task = await passTime(clock, followed);
  return { task, lines, states, contacts };
}

/** Turns the event loop and the clock until the promise is settled. */
async function passTime<Result>(clock: FakeClock, promise: Promise<Result>): Promise<Result> {
  const state = { isSettled: false };
  const settle = (): void => {
    state.isSettled = true;
  };
  promise.then(settle, settle);
  while (!state.isSettled) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2000);
  }
  return promise;
}

test("every line is told once and in order, wherever connections break, hang, repeat themselves or are refused", async () => {
  const connection = fc.record({
    factCount: fc.nat(FACTS.length - 1),
    fate: fc.constantFrom<Connection["fate"]>("breaks", "ends", "hangs", "resets", "refused", "repeats"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(connection, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 4 }),
      async (connections, refusedCalls) => {
        const { transport } = lifeServer(connections, refusedCalls);
        const { task, lines, states } = await follow(transport);
        expect(task.state).toBe("ok");
        expect(lines).toEqual([1, 2, 3, 4, 5]);
        expect(states.at(-1)).toBe("ok");
        expect(states.filter((state) => state === "ok")).toHaveLength(1);
      },
    ),
    { numRuns: 150 },
  );
});

test("a reader that comes back names the last fact it saw", async () => {
  const { transport, requests } = lifeServer([{ factCount: 3, fate: "breaks" }]);
  await follow(transport);
  const streams = requests.filter((request) => request.path.includes("/events"));
  expect(streams.map((request) => request.headers["last-event-id"])).toEqual([undefined, "3"]);
});

test("lost contact is told, and so is its return", async () => {
  const { transport } = lifeServer([
    { factCount: 2, fate: "breaks" },
    { factCount: 2, fate: "refused" },
  ]);
  expect((await follow(transport)).contacts).toEqual([true, false, false, true]);
});

test("an outage that lasts too long ends with its last error", async () => {
  const { transport } = scriptedTransport(() => undefined);
  await expect(follow(transport, { outageMsMax: 60_000 })).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
  });
});

test("what waiting cannot mend is thrown at once", async () => {
  const error = { code: "TASK_NOT_FOUND", message: "none", remedy: "look", retry: "never", context: {} };
  const { transport, requests } = scriptedTransport((request) =>
    request.path.includes("/events")
      ? { parts: [": hello\n\n", HANGS] }
      : { status: 404, parts: [JSON.stringify({ error })] },
  );
  await expect(follow(transport)).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  expect(requests).toHaveLength(2);
});

test("a signal ends the following as cancelled, also while it waits for a lost server", async () => {
  const stop = new AbortController();
  const { transport } = scriptedTransport(() => undefined);
  const followed = follow(transport, { signal: stop.signal, onContact: () => stop.abort() });
  await expect(followed).rejects.toMatchObject({ code: "CANCELLED" });
});
