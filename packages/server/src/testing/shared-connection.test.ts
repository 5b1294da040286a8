/** A browser's one HTTP/2 connection: its stream of events and its requests beside each other. */

import { once } from "node:events";
import { connect } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { afterEach, expect, test } from "vitest";
import { aDatastore, aServer, closeAll } from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

afterEach(closeAll);

function aSession(fixture: Fixture): ClientHttp2Session {
  const session = connect(fixture.server.url, { ca: fixture.ca });
  session.on("error", () => undefined);
  return session;
}

function ask(
  session: ClientHttp2Session,
  fixture: Fixture,
  { method = "GET", path, body }: { method?: string; path: string; body?: unknown },
): ClientHttp2Stream {
  const stream = session.request(
    {
      ":method": method,
      ":path": `/api/v1${path}`,
      authorization: `Bearer ${fixture.token}`,
      "content-type": "application/json",
    },
    { endStream: body === undefined },
  );
  stream.on("error", () => undefined);
  if (body !== undefined) stream.end(JSON.stringify(body));
  return stream;
}

async function textOf(stream: ClientHttp2Stream): Promise<string> {
  let text = "";
  for await (const piece of stream.setEncoding("utf8")) text += String(piece);
  return text;
}

test("events arrive while requests are answered on the same connection, and the stop ends all of it", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const session = aSession(fixture);
  const events = ask(session, fixture, { path: "/events?kinds=datastore-changed" });
  const [head] = (await once(events, "response")) as [Record<string, unknown>];
  expect([head[":status"], head["content-type"]]).toEqual([200, "text/event-stream; charset=utf-8"]);
  let heard = "";
  const isHeard = new Promise<void>((resolve) =>
    events.setEncoding("utf8").on("data", (piece: string) => {
      heard += piece;
      if (heard.includes("told over one line")) resolve();
    }),
  );
  const answers = await Promise.all(
    ["/status", "/tasks", "/whoami"].map((path) => textOf(ask(session, fixture, { path }))),
  );
  for (const answer of answers) expect(JSON.parse(answer)).not.toHaveProperty("error");
  const body = { comment: "told over one line" };
  await textOf(ask(session, fixture, { method: "PATCH", path: "/datastores/store", body }));
  await isHeard;
  const ended = Promise.all([once(events, "close"), once(session, "close")]);
  await fixture.server.stop();
  await ended;
});

test("a page of many tasks, larger than a window of the connection, arrives whole", async () => {
  const fixture = await aServer();
  const session = aSession(fixture);
  const description = await textOf(ask(session, fixture, { path: "/openapi.json" }));
  expect(description.length).toBeGreaterThan(100_000);
  expect(JSON.parse(description)).toHaveProperty("openapi", "3.1.0");
  session.destroy();
});
