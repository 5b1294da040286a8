/** The live stream as a page reads it, on the whole server. */

import { Compile } from "typebox/compile";
import { EventSchema } from "@ironcore-backup/protocol";
import type { Event } from "@ironcore-backup/protocol";
import { afterEach, expect, test } from "vitest";
import { aDatastore, aServer, closeAll, openEvents, start } from "./server-fixture.ts";
import type { EventReader, Fixture } from "./server-fixture.ts";

afterEach(closeAll);

const schema = Compile(EventSchema);
const isEnd = (event: Event): boolean => event.kind === "task-changed" && event.task.endedAt !== undefined;

async function readToEnd(reader: EventReader): Promise<Event[]> {
  const seen: Event[] = [];
  while (!seen.some(isEnd)) seen.push(await reader.next());
  reader.close();
  return seen;
}

/** A task's life as somebody saw it who watched all of it. */
async function watchTask(fixture: Fixture): Promise<{ readonly upid: string; readonly seen: Event[] }> {
  await aDatastore(fixture);
  const events = await openEvents(fixture);
  const upid = await start(fixture, "/ok");
  return { upid, seen: await readToEnd(events) };
}

test("every fact is what the protocol says, in the order of its number, and none is a log line nobody asked for", async () => {
  const { seen } = await watchTask(await aServer());
  for (const event of seen) expect(schema.Check(event), JSON.stringify(event)).toBe(true);
  const numbers = seen.map((event) => event.sequence);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  expect(seen.filter((event) => event.kind === "task-logged")).toEqual([]);
});

test("a reader that comes back with its last number gets what it missed, also under another filter", async () => {
  const fixture = await aServer();
  const { upid, seen } = await watchTask(fixture);
  const facts = seen.filter((event) => event.kind === "task-changed");
  const lastEventId = (facts[0]?.sequence ?? 0) - 1;
  const query = `?upid=${encodeURIComponent(upid)}`;
  const resumed = await readToEnd(await openEvents(fixture, { query, lastEventId }));
  for (const event of resumed) expect(schema.Check(event), JSON.stringify(event)).toBe(true);
  expect(resumed.filter((event) => event.kind === "task-changed")).toEqual(facts);
  expect(
    resumed.flatMap((event) => (event.kind === "task-logged" ? event.lines.map((line) => line.number) : [])),
  ).toEqual([1, 2]);
  for (const [at, cut] of resumed.entries()) {
    const rest = resumed.slice(at + 1);
    if (!rest.some(isEnd)) break;
    const again = await openEvents(fixture, { query, lastEventId: cut.sequence });
    expect(await readToEnd(again)).toEqual(rest);
  }
});

test("a reader that asks for facts of another life is told to start anew", async () => {
  const fixture = await aServer();
  const reader = await openEvents(fixture, { lastEventId: 12 });
  expect(await reader.next()).toMatchObject({ kind: "stream-reset" });
});

test("the end of a session ends its stream within seconds", async () => {
  const fixture = await aServer();
  const { password = "", authId = "" } = fixture.server.firstAdministrator ?? {};
  const login = await fixture.call<{ token: string }>("POST", "/login", {
    token: null,
    body: { user: authId, password },
  });
  const { token } = login.body;
  const stream = await openEvents({ ...fixture, token });
  const ended = stream.ended();
  expect((await fixture.call("POST", "/logout", { token })).status).toBe(204);
  await ended;
});
