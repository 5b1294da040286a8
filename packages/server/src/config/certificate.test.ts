import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock, createSeededRandom, createSystemClock, instantFromMs } from "@ironcore-backup/base";
import { createCertificate, openCertificate } from "./certificate.ts";

const clock = createFakeClock(instantFromMs(Date.UTC(2026, 10, 23)));
const needs = { clock, random: createSeededRandom(1) };
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ironcore-tls-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("is made once, for every name it was asked for, and read back at the next start", () => {
  const hostNames = ["backup.example", "127.0.0.1", "::1", "2001:db8::5"];
  const first = openCertificate(needs, folder, { hostNames });
  const certificate = new X509Certificate(first.certificatePem);
  expect(certificate.subjectAltName).toBe(
    "DNS:backup.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:0:5",
  );
  expect(certificate.fingerprint256).toBe(first.fingerprint);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(new Date(certificate.validTo).getTime()).toBe(Date.UTC(2026, 10, 23) + 3650 * 86_400_000);
  expect(openCertificate(needs, folder, { hostNames: ["other"] }).fingerprint).toBe(first.fingerprint);
});

test("a TLS 1.3 client that trusts it reaches the server by its name", async () => {
  const { keyPem, certificatePem } = createCertificate({ ...needs, clock: createSystemClock() }, [
    "localhost",
  ]);
  const server = createServer({ key: keyPem, cert: certificatePem, minVersion: "TLSv1.3" }, (socket) =>
    socket.end("hello"),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: certificatePem });
    socket.setEncoding("utf8").on("data", (piece: string) => resolve(`${piece} ${socket.getProtocol()}`));
    socket.on("error", reject);
  });
  server.close();
  expect(text).toBe("hello TLSv1.3");
});

test("warns thirty days before it expires, and after", () => {
  openCertificate(needs, folder, { hostNames: ["a"] });
  const at = (days: number): string | undefined => {
    const later = createFakeClock(instantFromMs(clock.now() + days * 86_400_000));
    return openCertificate({ ...needs, clock: later }, folder, { hostNames: ["a"] }).warning;
  };
  expect([at(3600), at(3630)?.slice(0, 27), at(3700)?.slice(0, 27)]).toEqual([
    undefined,
    "The certificate expires on ",
    "The certificate expired on ",
  ]);
});

test("refuses a certificate that is not the key's, or that lost its key, instead of making a new identity", () => {
  openCertificate(needs, folder, { hostNames: ["a"] });
  const other = createCertificate(needs, ["a"]);
  const path = join(folder, "certificate.pem");
  const own = readFileSync(path, "utf8");
  for (const text of [other.certificatePem, "", own.slice(0, 100)]) {
    writeFileSync(path, text);
    expect(() => openCertificate(needs, folder, { hostNames: ["a"] })).toThrow("cannot be read");
  }
  rmSync(join(folder, "key.pem"));
  expect(() => openCertificate(needs, folder, { hostNames: ["a"] })).toThrow("cannot be read");
});
