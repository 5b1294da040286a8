/** What can go wrong between a program and its server, besides what the server itself says. */

import { defineErrors, errorEntry } from "@ironcore-backup/base";

export const clientErrors = defineErrors({
  SERVER_UNREACHABLE: errorEntry(
    "later",
    (c: { url: string; detail: string }) => `The server ${c.url} does not answer: ${c.detail}`,
    "Check that the server runs (`ironcore-backup serve`), and its address (--server, --data-dir).",
  ),
  SERVER_NOT_FOUND: errorEntry(
    "never",
    (c: { dataDir: string }) => `No running server is known in ${c.dataDir}`,
    "Start one with `ironcore-backup serve`, or name another with --server or --data-dir.",
  ),
  SERVER_FINGERPRINT_WRONG: errorEntry(
    "never",
    (c: { url: string; expected: string; found: string }) =>
      `The certificate of ${c.url} has the fingerprint ${c.found}, not ${c.expected}`,
    "Nothing was sent. If the certificate was renewed on purpose, log in again with the new fingerprint; otherwise somebody may be in between.",
  ),
  SERVER_ANSWER_LATE: errorEntry(
    "later",
    (c: { url: string; waitedMs: number }) => `The server ${c.url} gave no answer within ${c.waitedMs} ms`,
    "Look how busy its machine is, then try again. What was asked for may have been done nevertheless: `task list` shows it.",
  ),
  SERVER_ANSWER_INVALID: errorEntry(
    "later",
    (c: { url: string; status: number; detail: string }) =>
      `The answer of ${c.url} (${c.status}) is not understood: ${c.detail}`,
    "Check that the address is that of an Ironcore Backup server of the same version, without a proxy that changes answers.",
  ),
  SERVER_ANSWER_TOO_LARGE: errorEntry(
    "never",
    (c: { url: string; sizeBytesMax: number }) =>
      `The answer of ${c.url} is larger than ${c.sizeBytesMax} bytes`,
    "Ask for less at once (--limit).",
  ),
});
