import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import type { EventKind } from "@ironcore-backup/protocol/calls";
import { createClient } from "./client.ts";
import { readEvents } from "./event-reader.ts";
import type { StreamNews } from "./event-reader.ts";
import { createEventWish, formatEventFilter } from "./event-wish.ts";
import type { EventFilter } from "./event-wish.ts";
import { BREAKS, HANGS, scriptedTransport } from "./scripted-transport.testing.ts";
import type { ScriptedPart } from "./scripted-transport.testing.ts";

const KINDS: readonly EventKind[] = ["task-changed", "worker-changed", "scheduler-changed"];
const FIRST = 1000;

/** Facts 1001, 1002, …, of the three kinds in turn. */
function factAt(sequence: number) {
  const kind = KINDS[sequence % KINDS.length] ?? "task-changed";
  return { sequence, at: 0, kind };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What one connection does: so many facts have happened when it breaks, after so many bytes of its answer. */
interface Connection {
  readonly happened: number;
  readonly cutAt: number;
}

/** Answers as the server does: the number at once, then the facts behind it that the filter wants. */
function eventServer(connections: readonly Connection[], lastHappened: number) {
  let count = 0;
  let happened = 0;
  return scriptedTransport((request) => {
    const url = new URL(`https://test${request.path}`);
    const kinds = url.searchParams.get("kinds")?.split(",");
    const connection = connections[count++];
    const after = Number(request.headers["last-event-id"] ?? FIRST + happened);
    happened = Math.max(happened, connection?.happened ?? lastHappened);
    const facts = Array.from({ length: FIRST + happened - after }, (_, at) => factAt(after + 1 + at));
    const wanted = facts.filter(({ kind }) => kinds?.includes(kind) ?? true);
    const frames = wanted.map(
      (fact) => `id: ${fact.sequence}\nevent: ${fact.kind}\ndata: ${JSON.stringify(fact)}\n\n`,
    );
    const text = [`retry: 1000\nid: ${after}\n\n`, ...frames, `id: ${FIRST + happened}\n: ping\n\n`].join("");
    const parts: ScriptedPart[] =
      connection === undefined ? [text, HANGS] : [encode(text).subarray(0, connection.cutAt), BREAKS];
    return { parts };
  });
}

/** Reads until `until` says so, while time passes as fast as the machine allows. */
async function read(
  transport: ReturnType<typeof eventServer>["transport"],
  options: {
    readonly wish?: ReturnType<typeof createEventWish>;
    readonly take: (news: StreamNews) => boolean;
  },
): Promise<void> {
  const clock = createFakeClock();
  const stop = new AbortController();
  const needs = { client: createClient({ transport, clock }, {}), clock, random: createSeededRandom(1) };
  const { wish, take } = options;
  const over = new AbortController();
  const reading = (async () => {
    const choice = wish === undefined ? {} : { wish };
    for await (const news of readEvents(needs, { ...choice, signal: stop.signal, outageMsMax: Infinity }))
      if (take(news)) return;
  })().finally(() => over.abort());
  for (let turns = 0; !over.signal.aborted && turns < 5000; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(500);
  }
  stop.abort();
  await reading;
}

const connections = fc.array(
  fc.record({ happened: fc.integer({ min: 0, max: 12 }), cutAt: fc.integer({ min: 0, max: 700 }) }),
  { maxLength: 8 },
);

test("every fact comes once and in order, wherever connections break in the middle of a fact or its number", async () => {
  await fc.assert(
    fc.asyncProperty(connections, async (made) => {
      const numbers: number[] = [];
      await read(eventServer(made, 15).transport, {
        take: (news) => {
          if (news.news === "event") numbers.push(news.event.sequence);
          return numbers.at(-1) === FIRST + 15;
        },
      });
      const first = numbers[0] ?? 0;
      expect(numbers).toEqual(Array.from({ length: FIRST + 16 - first }, (_, at) => first + at));
      // Nothing before the first number that arrived at all can be missed: the server began there.
      const arrived = made.findIndex(({ cutAt }) => cutAt >= 22);
      const before = made.slice(0, arrived < 0 ? made.length : arrived).map(({ happened }) => happened);
      expect(first).toBe(FIRST + 1 + Math.max(0, ...before));
    }),
    { numRuns: 150 },
  );
});

test("what is asked for under both wishes comes without gap or double when the wish changes, and connections break", async () => {
  const wishes = fc.array(fc.subarray(["worker-changed", "scheduler-changed"] as const), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(connections, wishes, fc.integer({ min: 1, max: 3 }), async (made, others, every) => {
      const filterOf = (more: readonly EventKind[]): EventFilter => ({ kinds: ["task-changed", ...more] });
      const wish = createEventWish(filterOf([]));
      const left = [...others];
      const whole = made.map((one) => ({ ...one, cutAt: Math.max(one.cutAt, 22) })); // The first number arrives.
      const seen: { readonly kind: string; readonly sequence: number; readonly wished: readonly string[] }[] =
        [];
      let filter: EventFilter = {};
      await read(eventServer(whole, 30).transport, {
        wish,
        take: (news) => {
          if (news.news === "connected") ({ filter } = news);
          if (news.news !== "event") return false;
          const { kind, sequence } = news.event;
          seen.push({ kind, sequence, wished: filter.kinds ?? [] });
          const next = seen.length % every === 0 ? left.shift() : undefined;
          if (next !== undefined) wish.change(filterOf(next));
          return kind === "task-changed" && sequence > FIRST + 30 - KINDS.length;
        },
      });
      const tasks = seen.filter(({ kind }) => kind === "task-changed").map(({ sequence }) => sequence);
      const firstTask = tasks[0] ?? 0;
      expect(tasks).toEqual(tasks.map((_, at) => firstTask + at * KINDS.length));
      expect(firstTask).toBeLessThanOrEqual(FIRST + KINDS.length);
      for (const { kind, wished } of seen) expect(wished).toContain(kind);
      const numbers = seen.map(({ sequence }) => sequence);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    }),
    { numRuns: 150 },
  );
});

test("a reader to whom nothing was told comes back behind the number that the server said", async () => {
  const server = eventServer([{ happened: 7, cutAt: 10_000 }], 7);
  const resumed: boolean[] = [];
  await read(server.transport, {
    wish: createEventWish({ kinds: ["datastore-changed"] }),
    take: (news) => {
      if (news.news === "connected") resumed.push(news.resumed);
      return resumed.length === 2;
    },
  });
  expect(server.requests.map((request) => request.headers["last-event-id"])).toEqual([
    undefined,
    String(FIRST + 7),
  ]);
  expect(resumed).toEqual([false, true]);
});

test("a wish that says the same again opens nothing anew", async () => {
  const wish = createEventWish({ kinds: ["worker-changed", "task-changed"], logOf: ["b", "a"] });
  const changed = wish.changed();
  wish.change({ logOf: ["a", "b", "a"], kinds: ["task-changed", "worker-changed"] });
  expect(changed.aborted).toBe(false);
  wish.change({});
  expect(changed.aborted).toBe(true);
  expect(wish.filter()).toEqual({});
});

test("a filter travels as the protocol says", () => {
  const upid = "UPID:node:00000001:00000002:00000003:663200E1:backup:main-x:root@ibs!a+b:";
  const query = new URLSearchParams(
    formatEventFilter({ upid, logOf: ["b", "a"], kinds: ["task-logged"], datastore: "main", project: "p" }),
  );
  expect(Object.fromEntries(query)).toEqual({
    upid,
    logOf: "a b",
    kinds: "task-logged",
    datastore: "main",
    project: "p",
  });
  expect(formatEventFilter({})).toBe("");
});
