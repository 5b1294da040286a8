/**
 * Processes that an earlier life of the server left: when it was killed, its workers need up to three seconds to notice,
 * and one that stands still (SIGSTOP, a frozen guest) never does. A new server ends them before it looks at its tasks.
 * Otherwise a task that reads as failed could still be at work while its retry begins.
 *
 * They are found by a variable of their environment, which everything that a worker starts inherits.
 */

import { readdirSync, readFileSync, realpathSync } from "node:fs";
import type { Clock } from "@ironcore-backup/base";

const MARK = "IRONCORE_BACKUP_WORKER_OF";
/** One that a dead disk holds in the kernel dies later; it can publish nothing, because it has nobody to ask. */
const END_MS_MAX = 5000;
const LOOK_INTERVAL_MS = 10;

/** The environment of this data directory's worker processes. */
export function markedEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  dataDir: string,
): Record<string, string | undefined> {
  return { ...environment, [MARK]: realpathSync(dataDir) };
}

/**
 * Kills them and waits until they are gone. The caller holds the data directory's lock, so none belongs to a living server.
 * @returns how many there were, and how many would not go
 */
export async function endOrphans(
  needs: { readonly clock: Clock },
  dataDir: string,
): Promise<{ readonly foundCount: number; readonly leftCount: number }> {
  const mark = `\0${MARK}=${realpathSync(dataDir)}\0`;
  const found = findMarked(mark);
  const startedMs = needs.clock.elapsedMs();
  let left = found;
  while (left.length > 0) {
    for (const pid of left) kill(pid);
    if (needs.clock.elapsedMs() - startedMs > END_MS_MAX) break;
    await needs.clock.sleep(LOOK_INTERVAL_MS);
    left = findMarked(mark);
  }
  return { foundCount: found.length, leftCount: left.length };
}

/** Dead ones that nobody has waited for have no environment any more, and are not found. */
function findMarked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && `\0${readEnvironment(pid)}`.includes(mark));
}

/** Empty for a process of another user or one that has gone. */
function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone in between; whether it really is, the next look tells.
  }
}
