/**
 * The server's TLS identity: an EC P-256 key and a certificate that it signs itself, made at the first start. Whoever
 * talks to the server trusts the certificate's SHA-256 fingerprint, as printed at each start.
 *
 * Written by hand in DER because a certificate of one fixed shape is a page of code, and the libraries for it bring
 * dependency injection and decorators along.
 */

import { createHash, createPrivateKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Clock, Random } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { writeFileDurably } from "./durable-file.ts";
import {
  der,
  derBits,
  derBoolean,
  derInteger,
  derObjectId,
  derOctets,
  derSequence,
  derSet,
  derTime,
  derUtf8,
} from "./der.ts";

const DAY_MS = 86_400_000;
/** Clients pin the fingerprint, so a short life would only stop backups one day. */
const VALIDITY_MS = 3650 * DAY_MS;
/** From here on every start warns. */
const EXPIRY_WARNING_MS = 30 * DAY_MS;
/** Clocks of other machines may be behind. */
const VALID_BEFORE_MS = DAY_MS;

export interface ServerCertificate {
  readonly keyPem: string;
  readonly certificatePem: string;
  /** SHA-256 of the DER, `AB:CD:…`. */
  readonly fingerprint: string;
  readonly expiresAtMs: number;
  /** Set when an operator should act. */
  readonly warning?: string;
}

/**
 * Reads the certificate below `tlsPath`, or makes one for `hostNames` when there is none.
 * @throws CERTIFICATE_UNREADABLE  a damaged file, or one of the two is missing
 */
export function openCertificate(
  needs: { readonly clock: Clock; readonly random: Random },
  tlsPath: string,
  options: { readonly hostNames: readonly string[] },
): ServerCertificate {
  const keyPath = join(tlsPath, "key.pem");
  const certificatePath = join(tlsPath, "certificate.pem");
  if (!existsSync(keyPath) && !existsSync(certificatePath)) {
    const made = createCertificate(needs, options.hostNames);
    writeFileDurably(keyPath, made.keyPem, 0o600);
    writeFileDurably(certificatePath, made.certificatePem, 0o644);
  }
  try {
    chmodSync(keyPath, 0o600);
    const certificatePem = readFileSync(certificatePath, "utf8");
    return describe(needs.clock, readFileSync(keyPath, "utf8"), certificatePem);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw serverErrors.CERTIFICATE_UNREADABLE({ path: certificatePath, detail }, cause);
  }
}

function describe(clock: Clock, keyPem: string, certificatePem: string): ServerCertificate {
  const certificate = new X509Certificate(certificatePem);
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem)))
    throw new Error("it does not belong to key.pem");
  const expiresAtMs = Date.parse(certificate.validTo);
  const leftMs = expiresAtMs - clock.now();
  return {
    keyPem,
    certificatePem,
    fingerprint: fingerprintOf(certificate.raw),
    expiresAtMs,
    ...(leftMs < EXPIRY_WARNING_MS
      ? {
          warning: `The certificate ${leftMs < 0 ? "expired" : "expires"} on ${certificate.validTo}. Remove both files below tls/ and restart for a new one; clients must then trust its new fingerprint.`,
        }
      : {}),
  };
}

/** SHA-256 as upper-case hex pairs with colons, as browsers and openssl show it. */
export function fingerprintOf(certificateDer: Uint8Array): string {
  const hex = createHash("sha256").update(certificateDer).digest("hex").toUpperCase();
  return (hex.match(/../g) ?? []).join(":");
}

export function createCertificate(
  needs: { readonly clock: Clock; readonly random: Random },
  hostNames: readonly string[],
): { readonly keyPem: string; readonly certificatePem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ecdsaSha256 = derSequence(derObjectId("1.2.840.10045.4.3.2"));
  const body = certificateBody(needs, { hostNames, publicKey, signatureAlgorithm: ecdsaSha256 });
  const signature = sign("sha256", body, privateKey);
  const certificate = derSequence(body, ecdsaSha256, derBits(signature));
  const base64 = Buffer.from(certificate).toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return {
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

/** TBSCertificate of RFC 5280 4.1, version 3. */
function certificateBody(
  needs: { readonly clock: Clock; readonly random: Random },
  subject: {
    readonly hostNames: readonly string[];
    readonly publicKey: KeyObject;
    readonly signatureAlgorithm: Uint8Array;
  },
): Uint8Array {
  const now = needs.clock.now();
  const name = derSequence(
    derSet(derSequence(derObjectId("2.5.4.10"), derUtf8("Ironcore Backup"))),
    derSet(derSequence(derObjectId("2.5.4.3"), derUtf8((subject.hostNames[0] ?? "localhost").slice(0, 64)))),
  );
  return derSequence(
    der(0xa0, derInteger(Uint8Array.of(2))),
    derInteger(serialNumber(needs.random)),
    subject.signatureAlgorithm,
    name,
    derSequence(derTime(now - VALID_BEFORE_MS), derTime(now + VALIDITY_MS)),
    name,
    subject.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, derSequence(...extensions(subject.hostNames))),
  );
}

/** Positive and never zero, 127 bits of chance. */
function serialNumber(random: Random): Uint8Array {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function extensions(hostNames: readonly string[]): Uint8Array[] {
  const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
    derSequence(derObjectId(id), ...(critical ? [derBoolean(true)] : []), derOctets(value));
  return [
    extension("2.5.29.19", true, derSequence()), // basic constraints: not an authority
    extension("2.5.29.15", true, derBits(Uint8Array.of(0x80), 7)), // key usage: digital signature
    extension("2.5.29.37", false, derSequence(derObjectId("1.3.6.1.5.5.7.3.1"))), // TLS server
    extension("2.5.29.17", false, derSequence(...hostNames.map(alternativeName))),
  ];
}

function alternativeName(hostName: string): Uint8Array {
  if (isIP(hostName) !== 0) return der(0x87, addressBytes(hostName));
  return der(0x82, new TextEncoder().encode(hostName));
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
