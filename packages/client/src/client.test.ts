import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { createClient } from "./client.ts";
import { createFetchTransport } from "./fetch-transport.ts";
import { BREAKS, HANGS, scriptedTransport } from "./scripted-transport.testing.ts";

const clock = createFakeClock();

test("a path's parameters are escaped, and the query leaves out what was not given", async () => {
  const { transport, requests } = scriptedTransport(() => ({ parts: ['{"snapshot":', "1}"] }));
  const client = createClient({ transport, clock }, { token: "secret" });
  await client.call("getSnapshot", { params: { datastore: "main", snapshot: "a/host/x/latest" } });
  await client.call("listTasks", { query: { limit: 5 } });
  expect(requests.map((request) => request.path)).toEqual([
    "/api/v1/datastores/main/snapshots/a%2Fhost%2Fx%2Flatest",
    "/api/v1/tasks?limit=5",
  ]);
  expect(requests[0]?.headers["authorization"]).toBe("Bearer secret");
});

test("an answer without content reads as null", async () => {
  const { transport } = scriptedTransport(() => ({ status: 204, parts: [] }));
  await expect(createClient({ transport, clock }, {}).call("logout", {})).resolves.toBeNull();
});

test("an error of the server is whole again: code, remedy, context", async () => {
  const error = {
    code: "GROUP_LOCKED",
    message: "another backup is running",
    remedy: "Wait.",
    retry: "later",
    context: { group: "host/x" },
  };
  const { transport } = scriptedTransport(() => ({
    status: 409,
    parts: [JSON.stringify({ error, requestId: "1" })],
  }));
  await expect(createClient({ transport, clock }, {}).call("ping", {})).rejects.toMatchObject(error);
});

test.each([
  [502, "<html>", "not JSON"],
  [200, "<html>", "not JSON"],
  [500, "{}", "names no error"],
  [301, "{}", "names no error"],
])("an answer of a stranger (%i %s) is told as such", async (status, text, reason) => {
  const { transport } = scriptedTransport(() => ({ status, parts: [text] }));
  await expect(createClient({ transport, clock }, {}).call("ping", {})).rejects.toThrow(reason);
});

test("an answer that breaks off is an error and never half a value", async () => {
  const { transport } = scriptedTransport(() => ({ parts: ['{"pong":true', BREAKS] }));
  await expect(createClient({ transport, clock }, {}).call("ping", {})).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
  });
});

test("a server that never answers is given up after the bound, with a code of its own", async () => {
  const waiting = createFakeClock();
  const { transport } = scriptedTransport(() => ({ parts: [HANGS] }));
  const call = createClient({ transport, clock: waiting }, { answerWaitMs: 5000 }).call("ping", {});
  waiting.advance(5000);
  await expect(call).rejects.toMatchObject({ code: "SERVER_ANSWER_LATE", context: { waitedMs: 5000 } });
});

test("a caller's signal ends a call as cancelled", async () => {
  const { transport } = scriptedTransport(() => ({ parts: [HANGS] }));
  const stop = new AbortController();
  const call = createClient({ transport, clock }, {}).call("ping", { signal: stop.signal });
  stop.abort();
  await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
});

test("over fetch the same things happen: answers, refused connections, cancelling", async () => {
  const overFetch = (fetchFrom: typeof fetch) =>
    createClient({ transport: createFetchTransport("https://test", fetchFrom), clock }, {});
  const answering: typeof fetch = async () => new Response('{"pong":true}');
  await expect(overFetch(answering).call("ping", {})).resolves.toEqual({ pong: true });
  const refusing: typeof fetch = () => Promise.reject(new TypeError("fetch failed"));
  await expect(overFetch(refusing).call("ping", {})).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  const stop = new AbortController();
  stop.abort();
  const signal = stop.signal;
  await expect(overFetch(refusing).call("ping", { signal })).rejects.toMatchObject({ code: "CANCELLED" });
});
