/** An entry's attributes as text. */

import type { SnapshotEntry } from "@ironcore-backup/protocol/calls";

const TYPE_LETTERS: Readonly<Record<SnapshotEntry["kind"], string>> = {
  directory: "d",
  file: "-",
  hardlink: "-",
  symlink: "l",
  "block-device": "b",
  "character-device": "c",
  fifo: "p",
  socket: "s",
};

/** `drwxr-xr-x`, with `s` and `t` as `ls` writes them. */
export function formatMode({ kind, mode }: Pick<SnapshotEntry, "kind" | "mode">): string {
  const letters = PERMISSIONS.map((letter, at) => ((mode >> (8 - at)) & 1 ? letter : "-"));
  const special = (bit: number, at: number, letter: string): void => {
    if (mode & bit) letters[at] = letters[at] === "x" ? letter : letter.toUpperCase();
  };
  special(0o4000, 2, "s");
  special(0o2000, 5, "s");
  special(0o1000, 8, "t");
  return TYPE_LETTERS[kind] + letters.join("");
}

const PERMISSIONS = ["r", "w", "x", "r", "w", "x", "r", "w", "x"];
