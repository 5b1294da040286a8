/** What can go wrong with looking into snapshots: downloads and comparisons. */

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
  COMPARISON_GROUPS_DIFFER: errorEntry(
    "never",
    (c: { group: string; snapshot: string }) => `${c.snapshot} is no snapshot of ${c.group}`,
    "Compare two snapshots of one group.",
  ),
  COMPARISON_NONE_BEFORE: errorEntry(
    "never",
    (c: { snapshot: string }) => `There is no finished snapshot before ${c.snapshot} to compare it with`,
    "Name the snapshot to compare it with, or wait for the next backup.",
  ),
  DOWNLOADS_TOO_MANY: errorEntry(
    "later",
    (c: { countMax: number }) => `${c.countMax} downloads run already, no more are taken`,
    "Wait until one of them has ended. A restore task has no such limit.",
  ),
};
