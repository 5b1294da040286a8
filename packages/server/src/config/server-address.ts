/**
 * `server.json` in the data directory: where the running server listens and how to know it. Commands on this machine
 * read it, so that they need neither address nor fingerprint. Written when the server listens, removed when it stops;
 * one that a killed server left names an address where nobody answers.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileDurably } from "./durable-file.ts";

export interface ServerAddress {
  readonly url: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint: string;
  readonly pid: number;
}

export function writeServerAddress(dataDir: string, address: ServerAddress): void {
  writeFileDurably(join(dataDir, "server.json"), `${JSON.stringify(address)}\n`, 0o600);
}

export function removeServerAddress(dataDir: string): void {
  rmSync(join(dataDir, "server.json"), { force: true });
}
