/** What `datastore probe` looks at, from the path up to a file that is really written. Each check tells what it found. */

import { formatSize, randomHex, toCodedError } from "@ironcore-backup/base";
import { assertStoreIdentity, openDatastore, pathFromText, readStoreIdentity } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";
import type { DatastoreProbe } from "@ironcore-backup/protocol";

export type ProbeCheck = DatastoreProbe["checks"][number];

export interface ProbeQuestion {
  /** The name that the store must carry; undefined: any. */
  readonly identity: string | undefined;
  /** Not in a datastore that is read-only. */
  readonly writes: boolean;
}

/** Every check that can be made is made; what depends on a failed one is skipped. Never throws. */
export function probeStore(needs: EngineNeeds, path: string, question: ProbeQuestion): ProbeCheck[] {
  const checks: ProbeCheck[] = [];
  const check = (name: string, look: () => string): boolean => {
    if (checks.some(({ outcome }) => outcome === "failed")) {
      checks.push({ name, outcome: "skipped", detail: "The check before it failed" });
      return false;
    }
    try {
      checks.push({ name, outcome: "ok", detail: look() });
      return true;
    } catch (cause) {
      checks.push({ name, outcome: "failed", detail: toCodedError(cause).message });
      return false;
    }
  };
  check("path", () => {
    if (needs.disk.stat(pathFromText(path))?.kind !== "directory") throw new Error(`${path} is no directory`);
    return path;
  });
  check("identity", () => {
    if (question.identity === undefined) return readStoreIdentity(needs, path) ?? "it has no name yet";
    assertStoreIdentity(needs, path, question.identity);
    return question.identity;
  });
  let datastore: Datastore | undefined;
  check("chunk-directories", () => {
    datastore = openDatastore(needs, path);
    return "all that were looked at are there";
  });
  if (!question.writes)
    checks.push({ name: "write", outcome: "skipped", detail: "The datastore is read-only" });
  else check("write", () => writeAndRemove(needs, datastore?.path ?? path));
  check("free-space", () => {
    const { freeSizeBytes, totalSizeBytes } = needs.disk.space(path);
    return `${formatSize(freeSizeBytes)} of ${formatSize(totalSizeBytes)} free`;
  });
  return checks;
}

function writeAndRemove(needs: EngineNeeds, storePath: string): string {
  const { disk, clock } = needs;
  const path = `${storePath}/.probe.tmp_${randomHex(needs.random, 8)}`;
  const startedMs = clock.elapsedMs();
  const file = disk.open(path, "create");
  try {
    file.pwrite(new Uint8Array(4096), 0);
    file.sync();
  } finally {
    file.close();
    disk.unlink(path);
  }
  return `a file was written, made durable and removed in ${(clock.elapsedMs() - startedMs).toFixed(1)} ms`;
}
