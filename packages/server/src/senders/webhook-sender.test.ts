import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createFakeClock, createSystemClock, createSystemRandom, instantFromMs } from "@ironcore-backup/base";
import { Webhook } from "standardwebhooks";
import type { HostAddress } from "./outbound-request.ts";
import { sampleMessage } from "./sample-message.ts";
import { SEND_TIMEOUT_MS } from "./sender.ts";
import type { TargetSettings } from "./sender.ts";
import { AT, certificateFor, listen, never, SAMPLE, startWebServer, testSenders } from "./senders.testing.ts";
import type { WebServer } from "./senders.testing.ts";
import { makeSigningSecret } from "./signing-secret.ts";

const senders = testSenders();
const single = sampleMessage("single", SAMPLE);

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function startServer(...given: Parameters<typeof startWebServer>): Promise<WebServer> {
  const server = await startWebServer(...given);
  closers.push(server.close);
  return server;
}

const answering =
  (status: number, headers: Record<string, string> = {}, body = ""): Parameters<typeof startWebServer>[0] =>
  (response) =>
    response.writeHead(status, headers).end(body);

function hook(url: string, more: Partial<TargetSettings> = {}): TargetSettings {
  return { kind: "webhook", url, allowPrivate: true, ...more };
}

describe("a webhook", () => {
  test("is the message as JSON, signed so that the standard's own library takes it", async () => {
    const server = await startServer(answering(200, {}, "thanks"));
    const signingSecret = makeSigningSecret(createSystemRandom());
    const settings = hook(`${server.url}/in?x=1`, {
      signingSecret,
      headers: { Authorization: "Bearer abcdefgh" },
    });
    const result = await senders.send(settings, single, never());
    expect(result).toEqual({ outcome: "delivered", response: "HTTP 200: thanks" });
    const [seen] = server.seen;
    const { body = "", headers = {}, path, method } = seen ?? {};
    expect([method, path]).toEqual(["POST", "/in?x=1"]);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": single.id,
      authorization: "Bearer abcdefgh",
    });
    expect(headers["user-agent"]).toMatch(/^Ironcore-Backup\/\d/);
    const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    expect(new Webhook(signingSecret).verify(body, plain)).toEqual(single);
    expect(() => new Webhook(signingSecret).verify(`${body} `, plain)).toThrow("No matching signature");
    expect(() => new Webhook(makeSigningSecret(createSystemRandom())).verify(body, plain)).toThrow();
  });

  test("has no signature without a secret, and no header of the operator's replaces ours", async () => {
    const server = await startServer(answering(204));
    const headers = { "Webhook-Id": "mine", "Content-Type": "application/x+json" };
    await senders.send(hook(server.url, { headers }), single, never());
    expect(server.seen[0]?.headers).toMatchObject({
      "webhook-id": single.id,
      "content-type": "application/x+json",
    });
    expect(server.seen[0]?.headers).not.toHaveProperty("webhook-signature");
  });

  test.each([
    ...[400, 401, 403, 404, 405, 410, 413, 415, 422].map((status) => [status, "refused"] as const),
    ...[408, 409, 425, 429, 500, 502, 503, 504].map((status) => [status, "unreachable"] as const),
    ...[200, 201, 202, 204].map((status) => [status, "delivered"] as const),
  ])("%i is %s", async (status, outcome) => {
    const server = await startServer(answering(status));
    expect(await senders.send(hook(server.url), single, never())).toMatchObject({
      outcome,
      response: `HTTP ${status}`,
    });
  });

  test.each([
    ["120", 120_000],
    ["99999999", 3_600_000],
    [new Date(AT + 90_000).toUTCString(), 90_000],
    [new Date(AT - 90_000).toUTCString(), 0],
    ["soon", undefined],
  ])("Retry-After %s is waited for, but not for longer than an hour", async (text, retryAfterMs) => {
    const server = await startServer(answering(429, { "retry-after": text }));
    const clock = createFakeClock(instantFromMs(AT));
    const result = await testSenders({ clock }).send(hook(server.url), single, never());
    expect(result.retryAfterMs).toBe(retryAfterMs);
  });

  test("a redirect is refused and not followed", async () => {
    const server = await startServer(answering(307, { location: "/elsewhere?token=abc" }));
    const result = await senders.send(hook(`${server.url}/secret-path`), single, never());
    expect(result.outcome).toBe("refused");
    expect(result.response).toContain(`redirected to ${server.url}/elsewhere;`);
    expect(result.response).not.toContain("abc");
    expect(server.seen).toHaveLength(1);
  });

  test("of a huge answer only the beginning is read, and an answer that breaks off is one", async () => {
    let closed: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (closed = resolve));
    const server = await startServer((response) => {
      response.writeHead(200);
      response.on("close", () => closed());
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    const result = await senders.send(hook(server.url), single, never());
    expect(result.outcome).toBe("delivered");
    expect(result.response).toBe(`HTTP 200: ${"x".repeat(200)}…`);
    // The server would go on for ever.
    await ended;
  });

  test("what it repeats of the secrets is not shown", async () => {
    const server = await startServer((response, { path, headers }) =>
      response.writeHead(403).end(`no ${path} for ${String(headers["x-api-key"])}\r\n\u0007!`),
    );
    const settings = hook(`${server.url}/services/T0/B0/abc`, { headers: { "X-Api-Key": "key-1234" } });
    const { response } = await senders.send(settings, single, never());
    expect(response).toBe("HTTP 403: no … for … !");
  });
});

describe("a server that does not answer", () => {
  test("is left when the caller says so", async () => {
    const aborting = new AbortController();
    const server = await startServer(() => aborting.abort());
    const result = await senders.send(hook(server.url), single, { signal: aborting.signal });
    expect(result).toMatchObject({ outcome: "unreachable" });
  });

  test("is left after the time of a try", async () => {
    const clock = createFakeClock();
    const server = await startServer(() => clock.advance(SEND_TIMEOUT_MS));
    const result = await testSenders({ clock }).send(hook(server.url), single, never());
    expect(result).toMatchObject({ outcome: "unreachable" });
  });

  test("a name server that does not answer is not waited for either", async () => {
    const aborting = new AbortController();
    const outside = {
      resolve: () => {
        aborting.abort();
        return new Promise<readonly HostAddress[]>(() => undefined);
      },
      ownAddresses: () => [],
    };
    const result = await testSenders({ outside }).send(hook("https://a.example/"), single, {
      signal: aborting.signal,
    });
    expect(result).toMatchObject({ outcome: "unreachable" });
  });

  test("what is not HTTP, and what is not there, is unreachable", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("SSH-2.0-x\r\n", () => socket.destroy());
    });
    const port = await listen(server);
    const settings = hook(`http://127.0.0.1:${port}/`);
    expect((await senders.send(settings, single, never())).outcome).toBe("unreachable");
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const result = await senders.send(settings, single, never());
    expect(result.outcome).toBe("unreachable");
    expect(result.response).toContain("ECONNREFUSED");
  });
});

describe("certificates", () => {
  const certificate = certificateFor("localhost");

  test("the operator's own authority is taken, and only with the right name", async () => {
    const server = await startServer(answering(200), { tls: certificate });
    const caCertificate = certificate.certificatePem;
    expect(await senders.send(hook(server.url, { caCertificate }), single, never())).toMatchObject({
      outcome: "delivered",
    });
    const byAddress = hook(server.url.replace("localhost", "127.0.0.1"), { caCertificate });
    const result = await senders.send(byAddress, single, never());
    expect(result.outcome).toBe("unreachable");
    expect(result.response).toMatch(/^The certificate is not trusted/);
  });

  test("one that nobody vouches for is not taken", async () => {
    const server = await startServer(answering(200), { tls: certificate });
    const result = await senders.send(hook(server.url), single, never());
    expect(result.outcome).toBe("unreachable");
    expect(result.response).toMatch(/certificate/i);
    expect(server.seen).toEqual([]);
  });
});

describe("private addresses", () => {
  const outsideWith = (answers: readonly (readonly string[])[], own: readonly string[] = []) => {
    const asked: string[] = [];
    return {
      asked,
      resolve: (host: string) => {
        const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
        asked.push(host);
        return Promise.resolve(
          addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
        );
      },
      ownAddresses: () => own,
    };
  };
  const clock = createSystemClock();

  test.each(["http://127.0.0.1:1/", "http://2130706433/", "http://[::ffff:7f00:1]/", "http://localhost./"])(
    "%s is not called",
    async (url) => {
      const outside = outsideWith([["127.0.0.1"]]);
      const settings: TargetSettings = { kind: "webhook", url };
      const result = await testSenders({ clock, outside }).send(settings, single, never());
      expect(result.outcome).toBe("unreachable");
      expect(result.response).toContain("TARGET_ADDRESS_PRIVATE");
    },
  );

  test("a name with one private address among public ones is not called", async () => {
    const server = await startServer(answering(200));
    const outside = outsideWith([["8.8.8.8", "127.0.0.1"]]);
    const settings: TargetSettings = { kind: "webhook", url: server.url.replace("localhost", "a.example") };
    const result = await testSenders({ outside }).send(settings, single, never());
    expect(result.response).toContain("TARGET_ADDRESS_PRIVATE: a.example is 127.0.0.1");
    expect(server.seen).toEqual([]);
  });

  test("this machine's own public address is not called", async () => {
    const outside = outsideWith([["8.8.4.4"]], ["10.0.0.1", "::ffff:8.8.4.4"]);
    const settings: TargetSettings = { kind: "webhook", url: "https://a.example/" };
    const result = await testSenders({ outside }).send(settings, single, never());
    expect(result.response).toContain("TARGET_ADDRESS_PRIVATE");
  });

  test("the connection goes where the check looked: a name is resolved once, and its certificate is the name's", async () => {
    const certificate = certificateFor("hook.example");
    const server = await startServer(answering(200), { tls: certificate });
    // Whoever asks a second time is sent elsewhere.
    const outside = outsideWith([["127.0.0.1"], ["192.0.2.1"]]);
    const settings = hook(server.url.replace("localhost", "hook.example"), {
      caCertificate: certificate.certificatePem,
    });
    const result = await testSenders({ outside }).send(settings, single, never());
    expect(result.outcome).toBe("delivered");
    expect(outside.asked).toEqual(["hook.example"]);
    expect(server.seen[0]?.headers.host).toMatch(/^hook\.example:/);
  });

  test("a name that leads nowhere says so", async () => {
    const outside = {
      resolve: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" })),
      ownAddresses: () => [],
    };
    const settings: TargetSettings = { kind: "webhook", url: "https://a.example/" };
    const result = await testSenders({ outside }).send(settings, single, never());
    expect(result).toEqual({
      outcome: "unreachable",
      response: "TARGET_HOST_UNKNOWN: The name a.example leads to no address: ENOTFOUND",
    });
  });
});

describe("figures and signs of life", () => {
  const figures = { prometheusText: "up 1", lineProtocol: "up value=1 5\n" };

  test("a heartbeat is a GET of its address", async () => {
    const server = await startServer(answering(200, {}, "OK"));
    const settings = { kind: "heartbeat", url: `${server.url}/ping/abc`, allowPrivate: true } as const;
    expect(await senders.beat(settings, never())).toEqual({ outcome: "delivered", response: "HTTP 200: OK" });
    expect(server.seen).toMatchObject([{ method: "GET", path: "/ping/abc", body: "" }]);
  });

  test("InfluxDB gets lines into a bucket, or into a database of version 1", async () => {
    const server = await startServer(answering(204));
    const common = { kind: "influxdb", url: `${server.url}/base/`, allowPrivate: true } as const;
    await senders.pushMetrics(
      { ...common, organization: "my org", bucket: "b&c", token: "t0k" },
      figures,
      never(),
    );
    await senders.pushMetrics(
      { ...common, database: "db", username: "u", password: "p:w" },
      figures,
      never(),
    );
    expect(server.seen).toMatchObject([
      {
        method: "POST",
        path: "/base/api/v2/write?org=my+org&bucket=b%26c&precision=ms",
        headers: { authorization: "Token t0k" },
        body: figures.lineProtocol,
      },
      {
        method: "POST",
        path: "/base/write?db=db&precision=ms",
        headers: { authorization: `Basic ${Buffer.from("u:p:w").toString("base64")}` },
      },
    ]);
  });

  test("a Pushgateway gets text under this server's name, whatever that is", async () => {
    const server = await startServer(answering(202));
    const settings = { kind: "pushgateway", url: server.url, allowPrivate: true } as const;
    await senders.pushMetrics(settings, figures, never());
    await testSenders({ node: "a/b" }).pushMetrics(
      { ...settings, username: "u", password: "p" },
      figures,
      never(),
    );
    expect(server.seen).toMatchObject([
      { method: "PUT", path: "/metrics/job/ironcore-backup/instance/pbs1", body: "up 1\n" },
      {
        path: "/metrics/job/ironcore-backup/instance@base64/YS9i",
        headers: { authorization: `Basic ${Buffer.from("u:p").toString("base64")}` },
      },
    ]);
  });
});
