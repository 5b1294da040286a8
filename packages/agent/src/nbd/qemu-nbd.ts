/**
 * A qemu-nbd of our own for one image: QEMU knows its formats best. It serves the image read-only on a socket in a directory that
 * only this user may enter, and ends with the backup.
 */

import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { CodedError, throwIfCancelled } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { textOf } from "../byte-string.ts";
import { CommandLines } from "../commands/command-lines.ts";
import { signalTree } from "../commands/process-tree.ts";
import { runCommand } from "../commands/run-command.ts";
import { agentErrors } from "../errors.ts";
import { NbdClient } from "./nbd-client.ts";
import { checkQcow2 } from "./qcow2-check.ts";
import { qemuPathOf } from "./qemu-path.ts";

const PROGRAM = "qemu-nbd";
const START_MS_MAX = 30_000;
const LOOK_INTERVAL_MS = 10;

interface Needs {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Asked before anything is written. @throws QEMU_NBD_MISSING */
export async function assertQemuNbd(needs: Needs, path: string): Promise<void> {
  try {
    await runCommand(
      needs,
      { argv: [PROGRAM, "--version"] },
      {
        role: PROGRAM,
        signal: needs.signal,
        onLine: () => undefined,
      },
    );
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "COMMAND_NOT_STARTED")
      throw agentErrors.QEMU_NBD_MISSING({ path: textOf(path) }, thrown);
    throw thrown;
  }
}

/**
 * Serves the image while `work` reads it. A cancel ends the connection, whatever it waits for.
 * @param path  of a qcow2 image, a byte string
 * @throws IMAGE_DAMAGED, QEMU_NBD_FAILED with what qemu-nbd said, CANCELLED, and the coded errors of `work`
 */
export async function withQcow2<Result>(
  needs: Needs,
  { path, onLine }: { readonly path: string; readonly onLine: (line: string) => void },
  work: (client: NbdClient) => Promise<Result>,
): Promise<Result> {
  await checkQcow2(needs, path);
  const directory = mkdtempSync(join(tmpdir(), "ironcore-nbd-"));
  const socketPath = join(directory, "socket");
  const lines = new CommandLines(onLine);
  const server = new Server(startServer(path, socketPath), lines);
  let socket: Socket | undefined;
  const stop = (): void => void socket?.destroy();
  needs.signal.addEventListener("abort", stop, { once: true });
  try {
    socket = await connect(needs, server, socketPath);
    const client = await NbdClient.open(socket);
    const result = await work(client);
    client.close();
    return result;
  } catch (thrown) {
    throwIfCancelled(needs.signal);
    if (thrown instanceof CodedError) throw thrown;
    // What the program said is worth more than that the connection broke, and may come after it.
    await server.end();
    throw failed(path, [...lines.last, messageOf(thrown)].join("; "), thrown);
  } finally {
    needs.signal.removeEventListener("abort", stop);
    socket?.destroy();
    await server.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

type Child = ChildProcessByStdio<null, null, Readable>;

function startServer(path: string, socketPath: string): Child {
  const text = qemuPathOf(path);
  // The format is said and never guessed: a guess would be the content's word.
  const words = [
    "--read-only",
    "--persistent",
    "--shared=1",
    `--socket=${socketPath}`,
    "--format=qcow2",
    text,
  ];
  return spawn(PROGRAM, words, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, LC_MESSAGES: "C" },
  });
}

/** The process, and what it says. */
class Server {
  hasEnded = false;
  readonly #ended: Promise<void>;
  readonly #child: Child;

  constructor(child: Child, lines: CommandLines) {
    this.#child = child;
    const closed = new Promise<void>((resolve) => {
      child.once("error", () => resolve());
      child.once("close", () => resolve());
    });
    // A stream that breaks off has told what it had; how the process ended says the rest.
    const told = lines.read(child.stderr).catch(() => undefined);
    this.#ended = Promise.all([closed, told]).then(() => {
      this.hasEnded = true;
    });
  }

  async end(): Promise<void> {
    // It only reads: there is nothing that it would have to bring to an end.
    if (!this.hasEnded && this.#child.pid !== undefined) signalTree(this.#child.pid, "SIGKILL");
    await this.#ended;
  }
}

/** It makes its socket when it has opened the image. @throws Error, CANCELLED */
async function connect(needs: Needs, server: Server, socketPath: string): Promise<Socket> {
  const startedMs = needs.clock.elapsedMs();
  for (;;) {
    const socket = await tryConnect(socketPath);
    if (socket !== undefined) return socket;
    if (server.hasEnded) throw new Error("it ended before it served the image");
    if (needs.clock.elapsedMs() - startedMs > START_MS_MAX)
      throw new Error("it did not start to serve the image");
    await needs.clock.sleep(LOOK_INTERVAL_MS, needs.signal);
  }
}

function tryConnect(socketPath: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}

function failed(path: string, reason: string, cause?: unknown): Error {
  return agentErrors.QEMU_NBD_FAILED({ path: textOf(path), reason }, cause);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
