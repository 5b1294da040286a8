import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { request as requestHttp1 } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import { pino } from "pino";
import { openCertificate } from "../config/certificate.ts";
import { HEADER_SIZE_BYTES_MAX } from "../api/http-limits.ts";
import type { Patience } from "../api/http-limits.ts";
import { createHttpServer } from "../api/http-server.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const LONG: Patience = {
  handshakeMs: 60_000,
  headersMs: 60_000,
  requestMs: 60_000,
  idleMs: 60_000,
  closeMs: 60_000,
};

async function aDoor(patience: Partial<Patience> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-door-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const needs = { clock: createSystemClock(), random: createSystemRandom() };
  const tls = openCertificate(needs, directory, { hostNames: ["localhost"] });
  const logger = pino({ level: "silent" });
  const server = createHttpServer({ ...needs, logger, tls }, { ...LONG, ...patience });
  const { app } = server;
  app.get("/version", (request, reply) => reply.send({ version: request.raw.httpVersion, id: request.id }));
  app.post("/body", (request, reply) => reply.send(request.body));
  app.get("/stream", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    reply.raw.write(": open\n\n");
    closing.signal.addEventListener("abort", () => reply.raw.end(": end\n\n"));
  });
  app.get("/endless", (_request, reply) => reply.send(Readable.from(endless())));
  const closing = new AbortController();
  const port = await server.listen({ host: "127.0.0.1", port: 0 });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= server.close());
  closers.push(() => {
    closing.abort();
    return close();
  });
  return { port, close, endStreams: () => closing.abort() };
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}

function overHttp1(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { port, path, headers, rejectUnauthorized: false, agent: false };
    requestHttp1(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    })
      .on("error", reject)
      .end();
  });
}

function aSession(port: number): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on("error", () => undefined);
  closers.push(() => session.destroy());
  return session;
}

async function textOf(stream: ClientHttp2Stream): Promise<string> {
  let text = "";
  for await (const piece of stream.setEncoding("utf8")) text += String(piece);
  return text;
}

test("browsers get HTTP/2 and everybody else HTTP/1.1, from one port", async () => {
  const { port } = await aDoor();
  expect(JSON.parse((await overHttp1(port, "/version")).text)).toMatchObject({ version: "1.1" });
  const session = aSession(port);
  const answers = await Promise.all([1, 2, 3].map(() => textOf(session.request({ ":path": "/version" }))));
  expect(answers.map((text) => JSON.parse(text).version)).toEqual(["2.0", "2.0", "2.0"]);
});

test("a request's id is ours, whatever id the caller sends", async () => {
  const { port } = await aDoor();
  const ids = await Promise.all(
    [1, 2].map(
      async () => JSON.parse((await overHttp1(port, "/version", { "x-request-id": "forged" })).text).id,
    ),
  );
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
});

test("the stop waits for open streams of both protocols to be ended, and no longer", async () => {
  const door = await aDoor();
  const session = aSession(door.port);
  const stream = session.request({ ":path": "/stream" });
  await once(stream, "response");
  const first = overHttp1(door.port, "/stream");
  const second = textOf(stream);
  await overHttp1(door.port, "/version");
  door.endStreams();
  await door.close();
  expect((await first).text).toContain(": end");
  expect(await second).toContain(": end");
});

test("the stop cuts a download that nobody reads", async () => {
  const door = await aDoor({ closeMs: 50 });
  const session = aSession(door.port);
  const stuck = session.request({ ":path": "/endless" });
  await once(stuck, "response");
  const socket = connectTls({ port: door.port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => undefined);
  socket.write("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "readable");
  const cut = Promise.all([once(socket, "close"), once(session, "close")]);
  await door.close();
  socket.resume();
  await cut;
});

test("who never says who they are, or says it too slowly, is let go", async () => {
  const { port } = await aDoor({ handshakeMs: 50 });
  const silent = connectTcp(port, "127.0.0.1");
  silent.on("error", () => undefined).resume();
  await once(silent, "close");
});

test("an HTTP/1.1 request whose head never ends is let go", async () => {
  const { port } = await aDoor({ headersMs: 50, requestMs: 100 });
  const socket = connectTls({ port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => undefined).resume();
  socket.write("GET /version HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  await once(socket, "close");
});

test("an HTTP/2 session in which nothing happens is closed", async () => {
  const { port } = await aDoor({ idleMs: 50 });
  await once(aSession(port), "close");
});

test("a body that never ends is cut, and the session's other requests go on", async () => {
  const { port } = await aDoor({ requestMs: 50 });
  const session = aSession(port);
  const slow = session.request({
    ":path": "/body",
    ":method": "POST",
    "content-type": "application/json",
    "content-length": "100",
  });
  slow.on("error", () => undefined);
  slow.write("{");
  await once(slow, "close");
  expect(await textOf(session.request({ ":path": "/version" }))).toContain("2.0");
});

test("a head larger than its bound is refused by both protocols", async () => {
  const { port } = await aDoor();
  const large = "x".repeat(HEADER_SIZE_BYTES_MAX + 1);
  expect((await overHttp1(port, "/version", { "x-large": large })).status).toBe(431);
  const session = aSession(port);
  const stream = session.request({ ":path": "/version", "x-large": large });
  const refused = await Promise.race([
    once(stream, "error").then(() => "refused"),
    once(stream, "response").then(([headers]) => String(headers[":status"])),
  ]);
  expect(["refused", "431"]).toContain(refused);
});
