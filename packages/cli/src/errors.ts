/** What the command line itself has to refuse. */

import { defineErrors, errorEntry } from "@ironcore-backup/base";

export const cliErrors = defineErrors({
  USAGE_INVALID: errorEntry("never", (c: { detail: string }) => c.detail, "See the command's --help."),
  INPUT_ENDED: errorEntry(
    "never",
    (c: { question: string }) => `Standard input ended before there was an answer to "${c.question}"`,
    "Give the answer as a line on standard input, or run the command at a terminal.",
  ),
  TASKS_NONE: errorEntry(
    "never",
    (_c: Record<never, never>) => "There is no task yet",
    "Start one, for instance with `ironcore-backup backup`.",
  ),
  GROUP_NOT_FOUND: errorEntry(
    "never",
    (c: { datastore: string; group: string }) => `The datastore ${c.datastore} has no group ${c.group}`,
    "Check the name (group list shows them).",
  ),
  LOGIN_MISSING: errorEntry(
    "never",
    (c: { url: string }) => `No credential for ${c.url} is known`,
    "Log in with `ironcore-backup login`, or run the command on the server's own machine as the user who runs the server.",
  ),
  DATA_DIRECTORY_CLOSED: errorEntry(
    "never",
    (c: { path: string; detail: string }) =>
      `The server's data directory is closed to this user: ${c.detail}`,
    "Run the command as the user who runs the server (with sudo, for instance), or log in with `ironcore-backup login`.",
  ),
  FILE_NOT_READABLE: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `${c.path} cannot be read: ${c.detail}`,
    "Check the path and its permissions.",
  ),
  DOWNLOAD_BROKEN_OFF: errorEntry(
    "now",
    (c: { sizeBytes: number; detail: string }) =>
      `The server broke the download off after ${c.sizeBytes} bytes: ${c.detail}. Nothing of it was kept`,
    "The server's log says why. When data is damaged, `ironcore-backup snapshot verify` names it; another snapshot may have it whole.",
  ),
  FILE_NOT_WRITABLE: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `${c.path} cannot be written: ${c.detail}`,
    "Choose a new name in a directory you may write to; existing files are never overwritten.",
  ),
});
