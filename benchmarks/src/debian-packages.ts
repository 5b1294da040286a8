/** The programs of Debian that a run needs; installed when they are missing and this user may install. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const PACKAGES: Readonly<Record<string, { readonly name: string; readonly path: string }>> = {
  restic: { name: "restic", path: "/usr/bin/restic" },
  borg: { name: "borgbackup", path: "/usr/bin/borg" },
  "borg-key": { name: "borgbackup", path: "/usr/bin/borg" },
  time: { name: "time", path: "/usr/bin/time" },
  "mkfs.ext4": { name: "e2fsprogs", path: "/usr/sbin/mkfs.ext4" },
};

/** @throws with the command to type, when something is missing and cannot be installed here */
export function ensureInstalled(programs: readonly string[]): void {
  const missing = new Set(
    programs.flatMap((program) => {
      const wanted = PACKAGES[program];
      return wanted === undefined || existsSync(wanted.path) ? [] : [wanted.name];
    }),
  );
  if (missing.size === 0) return;
  const names = [...missing];
  const install = `apt-get update && apt-get install --yes --no-install-recommends ${names.join(" ")}`;
  if (process.getuid?.() !== 0) throw new Error(`Missing: ${names.join(", ")}. As root: ${install}`);
  console.log(`installing ${names.join(", ")}`);
  const done = spawnSync("/bin/sh", ["-c", install], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${install}\n${done.error?.message ?? done.stderr}`);
}
