/**
 * The service's own log: JSON lines in one schema (`time`, `level`, `service`, `requestId`, `msg`, …). To a file below
 * the data directory, turned over at a size so that it never fills the disk, or to standard error for a service manager.
 */

import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { pino } from "pino";
import type { Logger } from "pino";
import type { Clock } from "@ironcore-backup/base";
import { formatInstant } from "@ironcore-backup/base";

/** Two files of this size at most. */
const FILE_SIZE_BYTES_MAX = 16 * 1024 * 1024;

export interface ServiceLog {
  readonly logger: Logger;
  close(): void;
}

export function openServiceLog(
  needs: { readonly clock: Clock },
  options: { readonly target: "file" | "stderr"; readonly path: string },
): ServiceLog {
  const file = options.target === "file" ? createTurningFile(options.path) : undefined;
  const destination = file ?? { write: (line: string) => void process.stderr.write(line) };
  const logger = pino(
    {
      base: { service: "api" },
      timestamp: () => `,"time":"${formatInstant(needs.clock.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          "password",
          "token",
          "authorization",
          "*.password",
          "*.token",
          "*.authorization",
          "headers.authorization",
        ],
        censor: "[hidden]",
      },
    },
    destination,
  );
  return { logger, close: () => file?.close() };
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
