/** Makes the real parts, runs one command, turns whatever happened into an exit code. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { createSystemClock, createSystemRandom, toCodedError } from "@ironcore-backup/base";
import { createClient } from "@ironcore-backup/client";
import type { CommandContext, TextStream } from "./command-context.ts";
import { printLines } from "./command-context.ts";
import { createLook } from "./display/look.ts";
import { EXIT_OK, EXIT_USAGE, exitCodeOfError } from "./exit-code.ts";
import { createNodeTransport } from "./node-transport.ts";
import { createProgram } from "./program.ts";
import { chooseServer } from "./server-choice.ts";

const DEFAULT_WIDTH = 80;

/** @returns the exit code */
export async function main(words: readonly string[]): Promise<number> {
  const closing: (() => void)[] = [];
  let exitCode = EXIT_OK;
  const context = createContext(closing, (code) => (exitCode = code));
  const program = createProgram(context, readVersion());
  exitInsteadOfEnding(program);
  try {
    if (words[0] === "complete" || words[0] === "completion") await completeWords(program, words);
    else await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (isCommanderEnd(thrown)) return thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    const error = toCodedError(thrown);
    if (error.code !== "CANCELLED") {
      printLines(context.err, [`${context.look.paint("red", error.code)}: ${error.message}`, error.remedy]);
    }
    return exitCodeOfError(error);
  } finally {
    for (const close of closing) close();
  }
}

/** Shell completion: `completion bash|zsh|fish|powershell` prints a script, which calls `complete -- WORDS` while one types. */
async function completeWords(program: Command, words: readonly string[]): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  tab(program);
  const typed = words[0] === "completion" ? ["complete", ...words.slice(1)] : [...words];
  // The completion library looks for the words behind "--" in the process's own arguments.
  process.argv.splice(2, process.argv.length, ...typed);
  await program.parseAsync(typed, { from: "user" });
}

function createContext(closing: (() => void)[], setExitCode: (code: number) => void): CommandContext {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  const listen = (): void => void process.once("SIGINT", onInterrupt);
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
      // Only commands that talk to a server take Ctrl-C for themselves; `serve` has its own way with it.
      listen();
      closing.push(() => process.removeListener("SIGINT", onInterrupt));
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

/** Commander ends the process by itself unless told to throw. */
function exitInsteadOfEnding(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    exitInsteadOfEnding(child);
  }
}

function isCommanderEnd(thrown: unknown): thrown is { readonly exitCode: number } {
  return thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("commander.");
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  // Our own package.json, which has a version.
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
