import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createNodeTransport, normalFingerprint, readFingerprint } from "./node-transport.ts";

/** Made for this test; it protects nothing. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGxhR4+lLJRYAr6Fd
tQjFuetCTiaekkTo4QdMoUHc54yhRANCAASkuPH0p5P9JYOWlcyPxxDDpxhsIBOo
bIV9+wvO0kMKGjdF/C9asumK+KR6Wnek0S9ISyQLMyXNVy4X5kqVZdBC
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUNlqvzw1EaIU4osxJhAc1X31JW44wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjMwMzQ4MzdaGA8yMTI2MTAzMDAzNDgz
N1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKS4
8fSnk/0lg5aVzI/HEMOnGGwgE6hshX37C87SQwoaN0X8L1qy6Yr4pHpad6TRL0hL
JAszJc1XLhfmSpVl0EKjUzBRMB0GA1UdDgQWBBTqr/cW2tBvs+ygo70VilX19rhE
ezAfBgNVHSMEGDAWgBTqr/cW2tBvs+ygo70VilX19rhEezAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQDr87GD/tvFf7TrfkRkaYfhnG7wNCfFPN9m
Jq8A1yxW5gIhAL6rct4mYXCfJ6BG4fz3TT/wNef5WPu6yqhrRI37Sz+j
-----END CERTIFICATE-----`;
const FINGERPRINT =
  "9B:7A:85:EF:6D:3E:61:A4:D4:8E:13:BB:81:A5:CB:AC:BE:0E:C2:E5:31:11:96:20:A2:47:B3:41:AF:4E:82:39";
const WRONG = FINGERPRINT.replace("9B", "9C");

describe("requests over TLS", () => {
  let server: Server;
  let url = "";
  let requestCount = 0;
  let connectionCount = 0;
  let received = "";
  const opened = new Set<{ close(): void }>();

  const transportTo = (options: { readonly fingerprint?: string }) => {
    const transport = createNodeTransport(url, options);
    opened.add(transport);
    return transport;
  };

  beforeEach(async () => {
    [requestCount, connectionCount, received] = [0, 0, ""];
    server = createServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
      requestCount++;
      if (request.url === "/breaks") {
        response.writeHead(200, { "content-length": 100 });
        response.write("half of it", () => response.destroy());
      } else if (request.url === "/hangs") response.flushHeaders();
      else request.pipe(response);
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      connectionCount++;
      socket.on("data", (bytes: Buffer) => (received += bytes.toString()));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens, so it has one.
  });

  afterEach(async () => {
    for (const transport of opened) transport.close();
    opened.clear();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const post = (body: string) => ({ method: "POST", path: "/echo", headers: {}, body }) as const;
  const get = (path: string) => ({ method: "GET", path, headers: {} }) as const;

  async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    return Buffer.concat(parts).toString();
  }

  test.each([FINGERPRINT, FINGERPRINT.toLowerCase(), FINGERPRINT.replaceAll(":", "")])(
    "with the right fingerprint (%s) go through, over one connection",
    async (fingerprint) => {
      const transport = transportTo({ fingerprint });
      for (const text of ["one", "two"]) {
        const { status, body } = await transport.send(post(text));
        expect([status, await textOf(body)]).toEqual([200, text]);
      }
      expect(connectionCount).toBe(1);
    },
  );

  test("with a wrong fingerprint send not a single byte", async () => {
    const sent = transportTo({ fingerprint: WRONG }).send(post("secret"));
    await expect(sent).rejects.toMatchObject({
      code: "SERVER_FINGERPRINT_WRONG",
      context: { expected: WRONG, found: FINGERPRINT },
    });
    // The next request shows that everything the first one sent has arrived.
    await textOf((await transportTo({ fingerprint: FINGERPRINT }).send(post("x"))).body);
    expect(requestCount).toBe(1);
    expect(received.match(/POST/g)).toHaveLength(1);
    expect(received).not.toContain("secret");
  });

  test("without a fingerprint trust only authorities, and send nothing", async () => {
    const sent = transportTo({}).send(post("secret"));
    await expect(sent).rejects.toThrow("no authority that this machine trusts");
    expect(requestCount).toBe(0);
  });

  test("tell when nobody listens", async () => {
    const { port } = server.address() as AddressInfo; // As above.
    await new Promise((resolve) => server.close(resolve));
    const sent = createNodeTransport(`https://127.0.0.1:${port}`, { fingerprint: FINGERPRINT }).send(
      get("/"),
    );
    await expect(sent).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      context: { detail: "nobody listens there" },
    });
    server.listen(port, "127.0.0.1");
  });

  test("tell when an answer breaks off", async () => {
    const { body } = await transportTo({ fingerprint: FINGERPRINT }).send(get("/breaks"));
    await expect(textOf(body)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  });

  test("end as cancelled by their signal, also while the answer is read", async () => {
    const stop = new AbortController();
    const transport = transportTo({ fingerprint: FINGERPRINT });
    const { body } = await transport.send({ ...get("/hangs"), signal: stop.signal });
    const read = textOf(body);
    stop.abort();
    await expect(read).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(transport.send({ ...get("/"), signal: stop.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  test("may be preceded by a look at the fingerprint, which sends nothing", async () => {
    expect(await readFingerprint(url)).toBe(FINGERPRINT);
    expect(requestCount).toBe(0);
  });
});

test("fingerprints are compared in one spelling", () => {
  expect(normalFingerprint("ab:cd ef")).toBe("AB:CD:EF");
});
