/**
 * Signs of life and figures, sent by the clock: heartbeats, so that others notice our own silence, and pushes to metric
 * servers. They are of this instant, so a missed one is not sent later.
 *
 * A heartbeat by the clock is sent only while all is as it should be: no job is overdue, no run was missed, no datastore is
 * offline, no worker lost. One of a job is sent when a run of that job has succeeded.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import type { State } from "../state/database.ts";
import { GOOD_HEALTH, putTargetHealth } from "../state/delivery-records.ts";
import type { TargetHealth } from "../state/delivery-records.ts";
import type { Figures, Senders, SendResult } from "../senders/sender.ts";
import type { NotificationSettings, TargetRecord } from "./settings.ts";

const EVERY_SECONDS_DEFAULT = { heartbeat: 300, influxdb: 60, pushgateway: 60 } as const;
const LOOK_MS = 5000;
/** Incidents that a heartbeat keeps silent for. */
const SILENT_KEYS = /^(?:job\|[^|]+\|(?:overdue|missed)|datastore\|[^|]+\|offline|worker\|[^|]+\|lost)$/;

export interface Beats {
  jobSucceeded(job: string): void;
  start(): void;
  close(): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  readonly settings: NotificationSettings;
  readonly senders: Pick<Senders, "beat" | "pushMetrics">;
  readonly openKeys: ReadonlySet<string>;
  /** Absent: nothing is pushed. */
  readonly figures?: (() => Promise<Figures>) | undefined;
  readonly health: (target: string) => TargetHealth;
  readonly setHealth: (target: string, health: TargetHealth) => void;
}

export function createBeats(needs: Needs): Beats {
  const { clock } = needs;
  const closing = new AbortController();
  const lastAt = new Map<string, number>();
  const busy = new Map<string, Promise<void>>();
  let running: Promise<void> | undefined;
  const begin = (target: TargetRecord): void => {
    if (busy.has(target.name)) return;
    lastAt.set(target.name, clock.now());
    const done = beatOnce(needs, target, closing.signal).finally(() => busy.delete(target.name));
    busy.set(target.name, done);
  };
  const look = (): void => {
    const now = clock.now();
    for (const target of needs.settings.targets.values()) {
      const everyMs = everyMsOf(target);
      if (everyMs === undefined) continue;
      const last = lastAt.get(target.name);
      // A clock that went back makes nobody wait for hours.
      if (last !== undefined && last <= now && now - last < everyMs) continue;
      if (target.definition.kind === "heartbeat" && isAnythingWrong(needs)) continue;
      begin(target);
    }
  };
  const go = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      look();
      await clock.sleep(LOOK_MS, closing.signal).catch((cause: unknown) => {
        if (!isCancelled(cause)) throw cause;
      });
    }
  };
  return {
    jobSucceeded: (job) => {
      for (const target of needs.settings.targets.values()) {
        const { kind, enabled, job: wanted } = target.definition;
        if (kind === "heartbeat" && enabled && wanted === job) begin(target);
      }
    },
    start: () => {
      running ??= go();
    },
    close: async () => {
      closing.abort();
      await running;
      await Promise.all(busy.values());
    },
  };
}

/** Undefined for what is not sent by the clock. */
function everyMsOf({ definition }: TargetRecord): number | undefined {
  const { kind, enabled, everySeconds, job } = definition;
  if (!enabled || kind === "smtp" || kind === "webhook") return undefined;
  if (kind === "heartbeat" && job !== undefined) return undefined;
  return (everySeconds ?? EVERY_SECONDS_DEFAULT[kind]) * 1000;
}

function isAnythingWrong({ openKeys }: Needs): boolean {
  return [...openKeys].some((key) => SILENT_KEYS.test(key));
}

async function beatOnce(needs: Needs, target: TargetRecord, closing: AbortSignal): Promise<void> {
  const { clock, state } = needs;
  const result = await sendOne(needs, target, closing);
  if (result === undefined) return;
  const now = clock.now();
  const before = needs.health(target.name);
  const health: TargetHealth =
    result.outcome === "delivered"
      ? { ...GOOD_HEALTH, lastDeliveredAt: now }
      : {
          ...before,
          failingSince: before.failingSince ?? now,
          lastFailure: result.response,
          failureCount: before.failureCount + 1,
        };
  needs.setHealth(target.name, health);
  // It is shown; the next beat writes it again.
  await putTargetHealth(state.database, target.name, health).catch(() => undefined);
}

async function sendOne(
  { settings, senders, figures }: Needs,
  target: TargetRecord,
  signal: AbortSignal,
): Promise<SendResult | undefined> {
  try {
    const opened = settings.open(target);
    if (target.definition.kind === "heartbeat") return await senders.beat(opened, { signal });
    if (figures === undefined) return undefined;
    return await senders.pushMetrics(opened, await figures(), { signal });
  } catch (cause) {
    const { code, message } = toCodedError(cause);
    return { outcome: "unreachable", response: `${code}: ${message}` };
  }
}
