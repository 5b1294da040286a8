/** The live stream as a page reads it, on the whole server. */

import { Compile } from "typebox/compile";
import { EventSchema } from "@ironcore-backup/protocol";
import type { Event } from "@ironcore-backup/protocol";
import { afterEach, expect, test } from "vitest";
import { aDatastore, aServer, closeAll, openEvents, start } from "./server-fixture.ts";

afterEach(closeAll);

test("the event stream resumes after its last number without gap or double", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const events = await openEvents(fixture);
  const upid = await start(fixture, "/ok");
  const seen: Event[] = [];
  while (!seen.some((event) => event.kind === "task-changed" && event.task.state === "ok"))
    seen.push(await events.next());
  events.close();
  const schema = Compile(EventSchema);
  for (const event of seen) expect(schema.Check(event), JSON.stringify(event)).toBe(true);
  const sequences = seen.map((event) => event.sequence);
  expect(sequences).toEqual(sequences.map((_, at) => (sequences[0] ?? 0) + at));
  const cut = Math.floor(seen.length / 2);
  const resumed = await openEvents(fixture, { lastEventId: sequences[cut] ?? 0 });
  for (const event of seen.slice(cut + 1)) expect(await resumed.next()).toEqual(event);
  expect(
    seen
      .filter((event) => event.kind === "task-logged")
      .flatMap((event) => event.lines.map((line) => line.number)),
  ).toEqual([1, 2]);
  expect(seen.some((event) => event.kind !== "stream-reset" && event.upid !== upid)).toBe(false);
});

test("a reader that asks for facts of another life is told to start anew", async () => {
  const fixture = await aServer();
  const reader = await openEvents(fixture, { lastEventId: 12 });
  expect(await reader.next()).toMatchObject({ kind: "stream-reset" });
});
