import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { createClient } from "./client.ts";
import { EventParser } from "./event-parser.ts";
import { followTask } from "./follow-task.ts";
import type { Transport, TransportRequest } from "./transport.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A server of one's own: answers by path, streams what it is given. */
function transportOf(answer: (request: TransportRequest) => { status?: number; parts: (string | Error)[] }) {
  const requests: TransportRequest[] = [];
  const transport: Transport = {
    url: "https://test",
    async send(request) {
      requests.push(request);
      const { status = 200, parts } = answer(request);
      return {
        status,
        body: (async function* () {
          for (const part of parts) {
            if (part instanceof Error) throw part;
            yield bytesOf(part);
          }
        })(),
      };
    },
  };
  return { transport, requests };
}

test("a path's parameters are escaped, and the query leaves out what was not given", async () => {
  const { transport, requests } = transportOf(() => ({ parts: ['{"snapshot":', "1}"] }));
  const client = createClient({ transport }, { token: "secret" });
  await client.call("getSnapshot", { params: { datastore: "main", snapshot: "a/host/x/latest" } });
  await client.call("listTasks", { query: { limit: 5 } });
  expect(requests.map((request) => request.path)).toEqual([
    "/api/v1/datastores/main/snapshots/a%2Fhost%2Fx%2Flatest",
    "/api/v1/tasks?limit=5",
  ]);
  expect(requests[0]?.headers["authorization"]).toBe("Bearer secret");
});

test("an error of the server is whole again: code, remedy, context", async () => {
  const error = {
    code: "GROUP_LOCKED",
    message: "another backup is running",
    remedy: "Wait.",
    retry: "later",
    context: { group: "host/x" },
  };
  const { transport } = transportOf(() => ({
    status: 409,
    parts: [JSON.stringify({ error, requestId: "1" })],
  }));
  await expect(createClient({ transport }, {}).call("ping", {})).rejects.toMatchObject(error);
});

test.each([
  ["<html>", "not JSON"],
  ["{}", "names no error"],
])("an answer of a stranger (%s) is told as such", async (text, reason) => {
  const { transport } = transportOf(() => ({ status: 502, parts: [text] }));
  await expect(createClient({ transport }, {}).call("ping", {})).rejects.toThrow(reason);
});

test("events come out the same however the bytes are split", () => {
  const text =
    'retry: 1000\n\nid: 1\nevent: x\ndata: {"a":1}\n\n: ping\n\nid: 2\r\ndata: über\r\ndata: zwei\r\n\r\nid: 3\rdata\r\rdata: lost';
  const expected = [
    { id: "1", data: '{"a":1}' },
    { id: "2", data: "über\nzwei" },
    { id: "3", data: "" },
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(bytesOf(text).length), { maxLength: 12 }), (cuts) => {
      const bytes = bytesOf(text);
      const parser = new EventParser();
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const events = places.slice(1).flatMap((end, i) => parser.push(bytes.subarray(places[i], end)));
      expect(events).toEqual(expected);
    }),
  );
});

const line = (number: number): TaskLogLine => ({
  number,
  at: 0,
  level: "info",
  code: "X",
  message: `line ${number}`,
  fields: {},
});
const taskOf = (state: Task["state"], logLineCount: number): Task => ({
  upid: "UPID",
  type: "backup",
  state,
  authId: "a@b",
  datastore: "main",
  source: "",
  target: "",
  queuedAt: 0,
  stages: [],
  bytes: 0,
  warningCount: 0,
  errorCount: 0,
  logLineCount,
  cancelRequested: false,
});

/** A server that tells a task's life over a connection that breaks wherever the test says. */
function lifeServer(cuts: readonly number[]) {
  const facts = [
    { kind: "task-changed", task: taskOf("running", 0) },
    { kind: "task-logged", lines: [line(1), line(2)] },
    { kind: "task-logged", lines: [line(3)] },
    { kind: "task-logged", lines: [line(4), line(5)] },
    { kind: "task-changed", task: taskOf("ok", 5) },
  ].map((fact, i) => ({ sequence: i + 1, at: 0, upid: "UPID", ...fact }));
  let connection = 0;
  let told = 0;
  return transportOf((request) => {
    const logged = facts
      .slice(0, told)
      .flatMap((fact) => ("lines" in fact ? (fact.lines as TaskLogLine[]) : []));
    if (request.path.includes("/log")) {
      const start = Number(/start=(\d+)/.exec(request.path)?.[1]);
      return {
        parts: [
          JSON.stringify({
            lines: logged.filter((row) => row.number >= start),
            lineCount: logged.length,
            finished: false,
          }),
        ],
      };
    }
    if (!request.path.includes("/events"))
      return {
        parts: [JSON.stringify(told === facts.length ? taskOf("ok", 5) : taskOf("running", logged.length))],
      };
    const after = Number(request.headers["last-event-id"] ?? told);
    const end = Math.max(after, Math.min(cuts[connection++] ?? facts.length, facts.length));
    told = Math.max(told, end);
    const parts = facts
      .slice(after, end)
      .map((fact) => `id: ${fact.sequence}\ndata: ${JSON.stringify(fact)}\n\n`);
    return { parts: end === facts.length ? parts : [...parts, new TypeError("connection reset")] };
  });
}

test("a followed task tells every line once and in order, wherever the connection breaks", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 6 }), async (cuts) => {
      const clock = createFakeClock();
      const { transport } = lifeServer(cuts);
      const lines: number[] = [];
      const followed = followTask(
        { client: createClient({ transport }, {}), clock, random: createSeededRandom(1) },
        "UPID",
        { onLines: (rows) => lines.push(...rows.map((row) => row.number)) },
      );
      let isDone = false;
      void followed.finally(() => (isDone = true));
      while (!isDone) {
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(20_000);
      }
      expect((await followed).state).toBe("ok");
      expect(lines).toEqual([1, 2, 3, 4, 5]);
    }),
    { numRuns: 60 },
  );
});
