/** Makes the real parts, runs one command, turns whatever happened into an exit code. */

import { readFileSync } from "node:fs";
import { createSystemClock, createSystemRandom, toCodedError } from "@ironcore-backup/base";
import type { CodedError } from "@ironcore-backup/base";
import type { CommandContext, TextStream } from "./command-context.ts";
import { printLines } from "./command-context.ts";
import { createLook, printable } from "./display/look.ts";
import { EXIT_OK, EXIT_PIPE_CLOSED, EXIT_USAGE, exitCodeOfError } from "./exit-code.ts";
import { createProgram } from "./program.ts";

const DEFAULT_WIDTH = 80;

/** @returns the exit code */
export async function main(words: readonly string[]): Promise<number> {
  endWithReader();
  const closing: (() => void)[] = [];
  let exitCode = EXIT_OK;
  const context = createContext(closing, (code) => (exitCode = code));
  let isJson = false;
  try {
    const program = await createProgram(context, readVersion(), words);
    program.hook("preAction", () => {
      isJson = program.opts()["outputFormat"] === "json";
    });
    await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (isCommanderEnd(thrown)) return thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    const error = toCodedError(thrown);
    printError(context, error, isJson);
    return exitCodeOfError(error);
  } finally {
    for (const close of closing) close();
  }
}

function printError(context: CommandContext, error: CodedError, isJson: boolean): void {
  if (isJson) return printLines(context.err, JSON.stringify({ error }));
  // Who pressed Ctrl-C knows what happened.
  if (error.code === "CANCELLED") return;
  const { look } = context;
  printLines(context.err, [
    `${look.paint("red", error.code)}: ${printable(error.message)}`,
    `${look.paint("dim", "What to do:")} ${printable(error.remedy)}`,
  ]);
}

/** `| head` closes the pipe: nobody reads any more, so there is nothing more to say. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_PIPE_CLOSED);
    throw error;
  });
}

function createContext(closing: (() => void)[], setExitCode: (code: number) => void): CommandContext {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  const isColourful = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  const clock = createSystemClock();
  return {
    clock,
    random: createSystemRandom(),
    env: process.env,
    workingDir: process.cwd(),
    out: streamOf(process.stdout),
    err: streamOf(process.stderr),
    look: createLook(isColourful),
    signal: interrupt.signal,
    connect: async (options) => {
      // Only commands that talk to a server take Ctrl-C for themselves, and only the first: a second one ends the process.
      process.once("SIGINT", onInterrupt);
      closing.push(() => process.removeListener("SIGINT", onInterrupt));
      // Loaded here, so that help and refusals need not wait for TLS.
      const [{ chooseServer }, { createNodeTransport }, { createClient }] = await Promise.all([
        import("./server-choice.ts"),
        import("./node-transport.ts"),
        import("@ironcore-backup/client"),
      ]);
      const { url, fingerprint, token } = chooseServer(options, process.env);
      const transport = createNodeTransport(url, fingerprint === undefined ? {} : { fingerprint });
      closing.push(() => transport.close());
      return createClient({ transport, clock }, token === undefined ? {} : { token });
    },
    setExitCode,
  };
}

function streamOf(stream: NodeJS.WriteStream): TextStream {
  return {
    isTty: stream.isTTY,
    width: () => (stream.isTTY ? stream.columns : DEFAULT_WIDTH),
    write: (text) => void stream.write(text),
  };
}

/** Help, version and wrong words end a run by such an error. */
function isCommanderEnd(thrown: unknown): thrown is { readonly exitCode: number } {
  return thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("commander.");
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  // Our own package.json, which has a version.
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
