/** `docs/cli.md`: every command with its help, as the program itself prints it. */

import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import type { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { createLook } from "./display/look.ts";
import { cliErrors } from "./errors.ts";
import { createProgram } from "./program.ts";

const PAGE_WIDTH = 100;

const HEAD = `# The command line

From a checkout: \`npx ironcore-backup …\`. This page is written by \`node packages/cli/src/command-page-main.ts\`; a test fails when it
differs from what the commands say.

## In general

- **Which server.** On the server's own machine nothing is needed: commands find its address, its fingerprint and the local
  token in its data directory, which only the user who runs the server can read. For another server, log in once with
  \`login --server HOST\`, then name it with \`--server HOST\`.
- **Snapshots** are named \`[DATASTORE:][NAMESPACE/]type/id/time\`, or \`…/latest\` for the newest finished one. The datastore may also
  be given with \`--datastore\`.
- **Tasks.** Whatever starts a task prints its UPID. With \`--wait\` the command follows stages and log and ends with the task's exit
  status. Ctrl-C then leaves the task running and says how to come back to it.
- **For programs**, \`--output-format json\` prints one JSON value, or with \`--wait\` and for logs one JSON value a line; names are those
  of the API. Errors are JSON on standard error.
- **Colours** are used on a terminal only, and never when \`NO_COLOR\` is set.

### Exit codes

- \`0\`: done
- \`1\`: failed, or the task that was waited for failed or was cancelled
- \`2\`: the command was not understood; nothing was tried
- \`3\`: the task that was waited for ended with warnings
- \`130\`: interrupted; a task that was waited for goes on

### Environment

- \`IRONCORE_BACKUP_DATA_DIR\`: the same as \`--data-dir\`
- \`IRONCORE_BACKUP_SERVER\`: the same as \`--server\`
- \`IRONCORE_BACKUP_TOKEN\`, \`IRONCORE_BACKUP_FINGERPRINT\`: for that server, instead of a login
- \`PBS_ENCRYPTION_PASSWORD\`: the passphrase of a key file, for the \`key\` commands

### Global options

These may stand anywhere on the line.

- \`--server <URL>\`: server to talk to; the default is the one of this machine
- \`--data-dir <DIR>\`: data directory of this machine's server; the default is \`/var/lib/ironcore-backup\` for root and
  \`~/.local/share/ironcore-backup\` for others
- \`--output-format <text|json>\`: text for people, json for programs
`;

export async function formatCommandPage(): Promise<string> {
  let printed = "";
  const context = silentContext((text) => (printed += text));
  const program = await createProgram(context, "0.0.0", []);
  const sections = listCommands(program).map((command) => {
    printed = "";
    command.configureHelp({ showGlobalOptions: false });
    command.outputHelp();
    return `## ${pathOf(command)}\n\n\`\`\`text\n${printed.trim()}\n\`\`\`\n`;
  });
  return [HEAD, ...sections].join("\n");
}

/** Every command that does something, in the order of the help. */
function listCommands(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((child) => {
      if (child.name() === "help") return [];
      return child.commands.length === 0 ? [child] : listCommands(child);
    });
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Help needs neither a server nor a terminal. */
function silentContext(write: (text: string) => void): CommandContext {
  const stream = { isTty: false, width: () => PAGE_WIDTH, write };
  return {
    clock: createFakeClock(),
    random: createSeededRandom(1),
    env: {},
    workingDir: "/",
    out: stream,
    err: stream,
    look: createLook(false),
    signal: new AbortController().signal,
    connect: () => Promise.reject(cliErrors.USAGE_INVALID({ detail: "help talks to no server" })),
    setExitCode: () => undefined,
  };
}
