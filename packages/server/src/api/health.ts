/**
 * Whether the server is alive (it answers at all) and ready (requests are served and tasks can be queued).
 *
 * A check that does not come back in time has failed: a hung disk must not hang the answer. What was found is kept for a
 * moment, so that nobody can make the server look at its disks a thousand times a second.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";
import type { Health } from "@ironcore-backup/protocol";

const CHECK_MS_MAX = 3000;
const KEPT_MS = 1000;

/** Says what it looked at and found; throws or rejects when it found that something does not work. */
export type HealthCheck = () => Promise<string> | string;

export interface HealthWatch {
  /** The process turns. */
  live(): Promise<Health>;
  /** Every check holds. */
  ready(): Promise<Health>;
}

export interface HealthChecks {
  readonly live: Readonly<Record<string, HealthCheck>>;
  readonly ready: Readonly<Record<string, HealthCheck>>;
}

export function createHealthWatch(needs: { readonly clock: Clock }, checks: HealthChecks): HealthWatch {
  return {
    live: keepForAMoment(needs, () => runAll(needs, checks.live)),
    ready: keepForAMoment(needs, () => runAll(needs, checks.ready)),
  };
}

function keepForAMoment(
  { clock }: { readonly clock: Clock },
  look: () => Promise<Health>,
): () => Promise<Health> {
  let kept: { readonly atMs: number; readonly health: Promise<Health> } | undefined;
  return () => {
    const atMs = clock.elapsedMs();
    if (kept === undefined || atMs - kept.atMs >= KEPT_MS) kept = { atMs, health: look() };
    return kept.health;
  };
}

async function runAll(
  needs: { readonly clock: Clock },
  checks: Readonly<Record<string, HealthCheck>>,
): Promise<Health> {
  const found = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ({ name, ...(await run(needs, check)) })),
  );
  return { status: found.every(({ ok }) => ok) ? "ok" : "failing", checks: found };
}

async function run(
  { clock }: { readonly clock: Clock },
  check: HealthCheck,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const done = new AbortController();
  const late = clock.sleep(CHECK_MS_MAX, done.signal).then(
    () => ({ ok: false, detail: `no answer within ${CHECK_MS_MAX / 1000} s` }),
    (cause: unknown) => {
      if (isCancelled(cause)) return { ok: true, detail: "" };
      throw cause;
    },
  );
  const looked = (async () => {
    try {
      return { ok: true, detail: await check() };
    } catch (cause) {
      return { ok: false, detail: cause instanceof Error ? cause.message : String(cause) };
    }
  })();
  const first = await Promise.race([looked, late]);
  done.abort();
  return first;
}
