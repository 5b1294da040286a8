/** What the command line itself has to refuse. */

import { defineErrors, errorEntry } from "@ironcore-backup/base";

export const cliErrors = defineErrors({
  USAGE_INVALID: errorEntry("never", (c: { detail: string }) => c.detail, "See the command's --help."),
  LOGIN_MISSING: errorEntry(
    "never",
    (c: { url: string }) => `No credential for ${c.url} is known`,
    "Log in with `ironcore-backup login`, or run the command on the server's own machine as its administrator.",
  ),
  FILE_NOT_READABLE: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `${c.path} cannot be read: ${c.detail}`,
    "Check the path and its permissions.",
  ),
  FILE_NOT_WRITABLE: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `${c.path} cannot be written: ${c.detail}`,
    "Choose a new name in a directory you may write to; existing files are never overwritten.",
  ),
});
