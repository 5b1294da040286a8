import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock } from "@ironcore-backup/base";
import type { EventFilter } from "../tasks/event-filter.ts";
import { createEventStream } from "../tasks/event-stream.ts";
import { aLine, anEventTask, aTask } from "../tasks/event-stream.testing.ts";
import { createEventFanout } from "./event-fanout.ts";
import { anAudience, aSink, turn } from "./event-fanout.testing.ts";

test("a reader that goes and comes back at random moments, with other wishes, has no gap and no double", async () => {
  const upids = ["a", "b", "c"];
  const wish = fc.constantFrom<EventFilter>(
    {},
    { upid: "a" },
    { logOf: new Set(["a"]) },
    { datastore: "main" },
  );
  const step = fc.oneof(
    fc.record({ does: fc.constant("tell" as const), upid: fc.constantFrom(...upids), isLog: fc.boolean() }),
    fc.record({ does: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ does: fc.constant("reconnect" as const), wish }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = createFakeClock();
      const events = createEventStream({ clock });
      const fanout = createEventFanout({ clock, events });
      const seen: number[] = [];
      const wanted: number[] = [];
      let filter: EventFilter = {};
      let sink = aSink();
      let after = events.sequence();
      const connect = (): void => {
        sink = aSink();
        fanout.add(sink, anAudience({ filter, after }));
      };
      /** What arrived counts; what did not is asked for again behind the last number that did. */
      const leave = (): void => {
        seen.push(...sink.numbers());
        after = Number([...sink.text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? after);
        sink.end();
      };
      connect();
      const told: { sequence: number; upid: string; isLog: boolean }[] = [];
      for (const one of steps) {
        if (one.does === "tell") {
          if (one.isLog) events.recordLines(anEventTask(one.upid), [aLine("x")]);
          else events.recordTask(aTask(one.upid));
          told.push({ sequence: events.sequence(), ...one });
        } else if (one.does === "pass") {
          clock.advance(one.ms);
          for (let turns = 0; turns < 3; turns++) await turn();
        } else {
          leave();
          for (const fact of told.filter(({ sequence }) => sequence <= after).splice(0))
            if (passes(filter, fact) && fact.sequence > (wanted.at(-1) ?? 0)) wanted.push(fact.sequence);
          told.splice(0, told.filter(({ sequence }) => sequence <= after).length);
          filter = one.wish;
          connect();
        }
      }
      for (let turns = 0; turns < 10; turns++) {
        clock.advance(50);
        await turn();
      }
      leave();
      for (const fact of told) if (passes(filter, fact)) wanted.push(fact.sequence);
      expect(seen).toEqual(wanted);
      fanout.close();
    }),
    { numRuns: 60 },
  );
});

function passes(filter: EventFilter, fact: { readonly upid: string; readonly isLog: boolean }): boolean {
  if (fact.isLog && filter.logOf?.has(fact.upid) === true) return true;
  if (fact.isLog && filter.upid === undefined) return false;
  return filter.upid === undefined || filter.upid === fact.upid;
}
