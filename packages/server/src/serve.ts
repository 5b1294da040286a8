/**
 * The server as a program: `node serve.ts [--data-dir DIR] [--listen HOST:PORT] [--slots N] [--log file|stderr]`.
 *
 * Prints where it listens, its fingerprint and, once, the first administrator's password; then works until SIGTERM or
 * SIGINT. A second signal ends it at once. Exit code 0 after a clean stop, 1 when it could not start, 2 for wrong options.
 */

import { toCodedError } from "@ironcore-backup/base";
import type { RunningServer } from "./main.ts";
import { useCompileCache } from "./config/compile-cache.ts";
import { parseServerOptions, readSurroundings } from "./config/server-options.ts";

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printStart(server: RunningServer): void {
  print(`Ironcore Backup listens on ${server.url}`);
  print(`Fingerprint     ${server.fingerprint}`);
  print(`Data directory  ${server.dataDir}`);
  if (server.firstAdministrator !== undefined) {
    const { authId, password } = server.firstAdministrator;
    print(`Administrator   ${authId}`);
    print(`Password        ${password}   (shown once, write it down)`);
  }
  for (const warning of server.warnings) print(`Warning: ${warning}`);
}

function fail(cause: unknown, exitCode: number): never {
  const error = toCodedError(cause);
  process.stderr.write(`${error.code}: ${error.message}\n${error.remedy}\n`);
  process.exit(exitCode);
}

function stopOnSignal(server: RunningServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    print("Stopping: running tasks get a moment to end");
    server.stop().then(
      () => process.exit(0),
      (cause: unknown) => fail(cause, 1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

async function serve(): Promise<void> {
  let options;
  try {
    options = parseServerOptions(process.argv.slice(2), readSurroundings());
  } catch (cause) {
    fail(cause, 2);
  }
  try {
    useCompileCache(options.dataDir);
    const { startServer } = await import("./main.ts");
    const server = await startServer(options);
    stopOnSignal(server);
    printStart(server);
  } catch (cause) {
    fail(cause, 1);
  }
}

await serve();
