/** What can go wrong with downloads. */

import { errorEntry } from "@ironcore-backup/base";

export const downloadErrorRows = {
  DOWNLOAD_NOT_A_FILE: errorEntry(
    "never",
    (c: { path: string; kind: string }) => `${c.path} is no file with a content but a ${c.kind}`,
    "Download it as tar.zst or zip.",
  ),
  DOWNLOAD_ZIP_TOO_LARGE: errorEntry(
    "never",
    (c: { path: string; entryCountMax: number }) =>
      `${c.path} has more than ${c.entryCountMax} entries, too many for a zip`,
    "Download it as tar.zst, or a directory below it.",
  ),
  DOWNLOADS_TOO_MANY: errorEntry(
    "later",
    (c: { countMax: number }) => `${c.countMax} downloads run already, no more are taken`,
    "Wait until one of them has ended. A restore task has no such limit.",
  ),
};
