/** Runs commands against a client that answers what the test says, and keeps what was printed and asked. */

import { createFakeClock, createSeededRandom, instantFromMs } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { RouteName, Task } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "./command-context.ts";
import { createLook } from "./display/look.ts";
import { runCommand } from "./run-command.ts";
import type { GlobalOptions } from "./server-choice.ts";

export const TEST_UPID = "UPID:host:00000001:00000001:00000001:65000000:backup:main:admin@ibs:";

export interface AskedCall {
  readonly name: RouteName;
  readonly input: { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown };
}

/** Answers by route; one that throws refuses. `events`: the text of the event stream. */
export interface TestServer {
  readonly answers?: Partial<Record<RouteName, (input: AskedCall["input"]) => unknown>>;
  readonly events?: (signal: AbortSignal) => AsyncIterable<string>;
}

export interface CommandRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly AskedCall[];
  /** What the command connected with. */
  readonly options: GlobalOptions | undefined;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly clock?: FakeClock;
  readonly workingDir?: string;
  /** Columns of the terminal; absent where there is none. */
  readonly terminalWidth?: number;
}

export async function run(
  words: readonly string[],
  server: TestServer = {},
  options: RunOptions = {},
): Promise<CommandRun> {
  const printed = { out: "", err: "" };
  const calls: AskedCall[] = [];
  let connectedWith: GlobalOptions | undefined;
  const { terminalWidth } = options;
  const stream = (name: "out" | "err") => ({
    isTty: terminalWidth !== undefined,
    width: () => terminalWidth ?? 80,
    write: (text: string) => void (printed[name] += text),
  });
  const context: Omit<CommandContext, "setExitCode"> = {
    clock: options.clock ?? createFakeClock(instantFromMs(1_800_000_000_000)),
    random: createSeededRandom(1),
    env: {},
    workingDir: options.workingDir ?? "/home/me",
    out: stream("out"),
    err: stream("err"),
    look: createLook(false),
    signal: options.signal ?? new AbortController().signal,
    connect: async (given) => {
      connectedWith = given;
      return clientOf(server, calls);
    },
  };
  const exitCode = await runCommand(context, "1.2.3", words);
  return { exitCode, ...printed, calls, options: connectedWith };
}

function clientOf(server: TestServer, calls: AskedCall[]): Client {
  return {
    url: "https://test:8007",
    call: async (name, { signal: _signal, ...input }) => {
      calls.push({ name, input });
      const answer = server.answers?.[name];
      if (answer === undefined) throw new Error(`the test server does not know ${name}`);
      // The test gives what the route answers.
      return answer(input) as never;
    },
    open: async (_path, { signal }) => ({
      status: 200,
      body: bytesOf(server.events?.(signal ?? new AbortController().signal)),
    }),
  };
}

async function* bytesOf(texts: AsyncIterable<string> | undefined): AsyncGenerator<Uint8Array> {
  if (texts === undefined) return;
  for await (const text of texts) yield new TextEncoder().encode(text);
}

export function aTask(changes: Partial<Task> = {}): Task {
  return {
    upid: TEST_UPID,
    type: "backup",
    state: "ok",
    class: "worker",
    priority: "normal",
    authId: "admin@ibs",
    datastore: "main",
    namespace: "",
    source: "/srv",
    target: "main:host/web-1",
    queuedAt: 1_800_000_000_000,
    startedAt: 1_800_000_001_000,
    endedAt: 1_800_000_005_200,
    stages: [],
    bytes: 1_048_576,
    warningCount: 0,
    errorCount: 0,
    logLineCount: 0,
    exitStatus: "OK",
    cancelRequested: false,
    tryNumber: 1,
    childCount: 0,
    ...changes,
  };
}
