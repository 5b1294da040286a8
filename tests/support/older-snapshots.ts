/**
 * A history without waiting for it: copies of a finished snapshot as if it had been taken earlier. Indexes and chunks are the
 * real ones; only the manifest says another time, as its directory does.
 */

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSystemRandom, formatBackupTime } from "@ironcore-backup/base";
import { decodeManifest, encodeManifest, MANIFEST_NAME } from "@ironcore-backup/format";

/**
 * @param group       the group's directory, `STORE/host/web-1`
 * @param snapshot    the directory's name of the one that is copied, `2026-11-23T09:30:00Z`
 * @param agesSeconds how much older than it each copy is
 * @returns           the copies' names in the order of their ages
 */
export function growOlderSnapshots(
  group: string,
  snapshot: string,
  agesSeconds: readonly number[],
): string[] {
  const needs = { random: createSystemRandom() };
  const manifest = decodeManifest(readFileSync(join(group, snapshot, MANIFEST_NAME)));
  return agesSeconds.map((ageSeconds) => {
    const backupTime = manifest.backupTime - ageSeconds;
    const name = formatBackupTime(backupTime);
    cpSync(join(group, snapshot), join(group, name), { recursive: true });
    const { verify_state: _verified, ...unprotected } = manifest.unprotected;
    const blob = encodeManifest(needs, { ...manifest, backupTime, unprotected });
    writeFileSync(join(group, name, MANIFEST_NAME), blob);
    return name;
  });
}
