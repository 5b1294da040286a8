/**
 * The log of the services: JSON lines in one schema, whichever service writes them (docs/operating/logs.md). To a file
 * below the data directory, turned over at a size so that it never fills the disk, or to standard error for a service
 * manager.
 */

import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { pino } from "pino";
import type { Logger } from "pino";
import type { Clock } from "@ironcore-backup/base";
import { formatInstant } from "@ironcore-backup/base";

/** Two files of this size at most. */
const FILE_SIZE_BYTES_MAX = 16 * 1024 * 1024;

/** The services of the product, as `ironcore-backup status --services` names them. */
export type ServiceName = "api" | "scheduler" | "worker" | "verifier" | "gc" | "sync" | "notify";

export interface ServiceLog {
  /** Writes lines of this service. */
  loggerFor(service: ServiceName): Logger;
  close(): void;
}

const SECRETS = ["password", "oldPassword", "token", "secret", "authorization", "cookie", "csrfToken"];

export function openServiceLog(
  needs: { readonly clock: Clock },
  options: { readonly target: "file" | "stderr"; readonly path: string },
): ServiceLog {
  const file = options.target === "file" ? createTurningFile(options.path) : undefined;
  const destination = file ?? { write: (line: string) => void process.stderr.write(line) };
  const logger = pino(
    {
      base: {},
      timestamp: () => `,"time":"${formatInstant(needs.clock.now())}"`,
      formatters: { level: (label) => ({ level: label === "warn" ? "warning" : label }) },
      messageKey: "message",
      errorKey: "error",
      redact: {
        paths: SECRETS.flatMap((name) => [name, `*.${name}`, `headers["${name}"]`]),
        censor: "[hidden]",
      },
    },
    destination,
  );
  return { loggerFor: (service) => logger.child({ service }), close: () => file?.close() };
}

/** Written at once: a line that explains a crash must be there after it. */
function createTurningFile(path: string): { write(line: string): void; close(): void } {
  let file = openSync(path, "a", 0o600);
  let sizeBytes = fstatSync(file).size;
  return {
    write: (line) => {
      if (sizeBytes > FILE_SIZE_BYTES_MAX) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, "a", 0o600);
        sizeBytes = 0;
      }
      sizeBytes += writeSync(file, line);
    },
    close: () => closeSync(file),
  };
}
