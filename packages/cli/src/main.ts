/** Makes the real parts and runs one command with them. */

import { readFileSync } from "node:fs";
import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import type { CommandContext, TextStream } from "./command-context.ts";
import { createLook } from "./display/look.ts";
import { EXIT_PIPE_CLOSED } from "./exit-code.ts";
import { runCommand } from "./run-command.ts";

const DEFAULT_WIDTH = 80;

/** @returns the exit code */
export async function main(words: readonly string[]): Promise<number> {
  endWithReader();
  const closing: (() => void)[] = [];
  try {
    return await runCommand(createContext(closing), readVersion(), words);
  } finally {
    for (const close of closing) close();
  }
}

/** `| head` closes the pipe: nobody reads any more, so there is nothing more to say. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_PIPE_CLOSED);
    throw error;
  });
}

function createContext(closing: (() => void)[]): Omit<CommandContext, "setExitCode"> {
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
  };
}

function streamOf(stream: NodeJS.WriteStream): TextStream {
  return {
    isTty: stream.isTTY,
    width: () => (stream.isTTY ? stream.columns : DEFAULT_WIDTH),
    write: (text) => void stream.write(text),
  };
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  // Our own package.json, which has a version.
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
