/**
 * Takes waiting messages to their targets: for each target one at a time and in the order in which they were made, for all
 * targets side by side, so that a slow one delays nobody else. At least once: what was not written down as delivered is sent
 * again, under the same id.
 *
 * A target that cannot be reached is tried again, less and less often; its messages wait in their order. A message that the
 * target refuses, or that waited too long, is dead: it is kept, shown, told, and can be sent again; the next one goes on.
 */

import type { Clock, Random } from "@ironcore-backup/base";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import { NOTIFICATION_MESSAGE_VERSION } from "@ironcore-backup/protocol";
import type { NotificationMessage } from "@ironcore-backup/protocol";
import type { State } from "../state/database.ts";
import {
  findNextDelivery,
  GOOD_HEALTH,
  listTargetHealth,
  listWaitingTargets,
  putTargetHealth,
  putDeliveryResult,
} from "../state/delivery-records.ts";
import type { DeliveryRecord, TargetHealth } from "../state/delivery-records.ts";
import type { Occurrence } from "./occurrence.ts";
import { deliveryFailed, deliveryWorks } from "./other-occurrences.ts";
import type { Senders, SendResult } from "../senders/sender.ts";
import type { NotificationSettings, TargetRecord } from "./settings.ts";

const RETRY_MS = [5000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000] as const;
/** A message that could not be delivered for so long is given up. */
export const GIVE_UP_MS = 3 * 86_400_000;
/** Targets that are sent to at the same time. */
const SENDING_COUNT_MAX = 16;
const LOOK_MS = 15_000;

export interface DeliveryLoop {
  wake(): void;
  /** Deliveries that are being sent. */
  readonly sending: ReadonlySet<number>;
  health(target: string): TargetHealth;
  forget(target: string): void;
  setHealth(target: string, health: TargetHealth): void;
  /** Does not wait for the next try of a target: its settings are others, or somebody asks. */
  retryNow(target: string): Promise<void>;
  /** Counts since the start, by target and outcome. */
  readonly counts: ReadonlyMap<string, Readonly<Record<SendResult["outcome"], number>>>;
  start(): Promise<void>;
  /** Lets what is due go out, for so long at the most. */
  flush(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: State;
  readonly settings: NotificationSettings;
  readonly senders: Pick<Senders, "send">;
  readonly installation: string;
  readonly publicUrl: string | undefined;
  /** The delivery gathers no more. */
  readonly onTaken: (delivery: DeliveryRecord) => void;
  readonly signal: (occurrence: Occurrence) => Promise<void>;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

// Long because it is the loop and what it remembers of each target.
export function createDeliveryLoop(needs: Needs): DeliveryLoop {
  const { clock, state } = needs;
  const closing = new AbortController();
  const health = new Map<string, TargetHealth>();
  const busy = new Map<string, Promise<void>>();
  const sending = new Set<number>();
  const counts = new Map<string, Record<SendResult["outcome"], number>>();
  let napping = new AbortController();
  let isWoken = false;
  let running: Promise<void> | undefined;
  const healthOf = (target: string): TargetHealth => health.get(target) ?? GOOD_HEALTH;
  const setHealth = async (target: string, next: TargetHealth): Promise<void> => {
    health.set(target, next);
    await putTargetHealth(state.database, target, next);
  };
  const wake = (): void => {
    isWoken = true;
    napping.abort();
  };

  /** Sends what is due, until there is nothing or the target does not take it. */
  const work = async (target: TargetRecord): Promise<void> => {
    const { name } = target;
    while (!closing.signal.aborted) {
      const delivery = await findNextDelivery(state.database, name, clock.now());
      if (delivery === undefined) return;
      needs.onTaken(delivery);
      sending.add(delivery.deliveryId);
      try {
        const result = await trySend(needs, target, delivery, closing.signal);
        if (closing.signal.aborted && result.outcome !== "delivered") return;
        const count = counts.get(name) ?? { delivered: 0, refused: 0, unreachable: 0 };
        counts.set(name, { ...count, [result.outcome]: count[result.outcome] + 1 });
        if (!(await settle(target, delivery, result))) return;
      } finally {
        sending.delete(delivery.deliveryId);
      }
    }
  };
  /** @returns whether the next one may be tried at once */
  const settle = async (
    target: TargetRecord,
    delivery: DeliveryRecord,
    { outcome, response, retryAfterMs = 0 }: SendResult,
  ): Promise<boolean> => {
    const now = clock.now();
    const { name, project } = target;
    const tried = { ...delivery, tryCount: delivery.tryCount + 1, lastTriedAt: now, response };
    const before = healthOf(name);
    if (outcome === "delivered") {
      await putDeliveryResult(state.database, { ...tried, state: "delivered", endedAt: now });
      await setHealth(name, { ...GOOD_HEALTH, lastDeliveredAt: now });
      if (before.failingSince !== undefined) await needs.signal(deliveryWorks(now, name, project));
      return true;
    }
    const isTooOld = now - Math.max(delivery.createdAt, delivery.dueAt) > GIVE_UP_MS;
    const isDead = outcome === "refused" || isTooOld;
    await putDeliveryResult(state.database, isDead ? { ...tried, state: "dead", endedAt: now } : tried);
    const failureCount = before.failureCount + 1;
    const wait = RETRY_MS[Math.min(failureCount, RETRY_MS.length) - 1] ?? 0;
    await setHealth(name, {
      lastDeliveredAt: before.lastDeliveredAt,
      failingSince: before.failingSince ?? now,
      lastFailure: response,
      failureCount,
      // Not all at the same instant when a network comes back.
      retryAt:
        outcome === "refused"
          ? undefined
          : now + Math.max(wait, retryAfterMs) + needs.random.integer(0, wait / 5),
    });
    if (isDead)
      await needs.signal(deliveryFailed(now, { target: name, project, title: delivery.title, response }));
    return outcome === "refused";
  };
  const begin = (target: TargetRecord): void => {
    const done = work(target)
      .catch((cause: unknown) =>
        needs.warn("DELIVERY_FAILED", `a message could not be worked on: ${String(cause)}`, {
          target: target.name,
        }),
      )
      .finally(() => {
        busy.delete(target.name);
        wake();
      });
    busy.set(target.name, done);
  };
  /** Begins what can be begun. @returns when to look again, ms from now */
  const look = async (): Promise<number> => {
    const now = clock.now();
    let next = LOOK_MS;
    for (const [name, dueAt] of await listWaitingTargets(state.database)) {
      const target = needs.settings.targets.get(name);
      if (target?.definition.enabled !== true || busy.has(name)) continue;
      const at = Math.max(dueAt, healthOf(name).retryAt ?? 0);
      if (at > now) next = Math.min(next, at - now);
      else if (busy.size < SENDING_COUNT_MAX) begin(target);
    }
    return next;
  };
  const go = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      isWoken = false;
      const wait = await look().catch((cause: unknown) => {
        needs.warn("DELIVERIES_WAIT", `messages could not be looked for: ${String(cause)}`, {});
        return LOOK_MS;
      });
      if (isWoken) continue;
      napping = new AbortController();
      const signal = AbortSignal.any([closing.signal, napping.signal]);
      await clock.sleep(Math.max(1, wait), signal).catch((cause: unknown) => {
        if (!isCancelled(cause)) throw cause;
      });
    }
  };
  return {
    wake,
    sending,
    counts,
    health: healthOf,
    forget: (target) => {
      health.delete(target);
      counts.delete(target);
    },
    setHealth: (target, next) => health.set(target, next),
    retryNow: async (target) => {
      const { retryAt: _retryAt, ...rest } = healthOf(target);
      if (health.has(target)) await setHealth(target, { ...rest, retryAt: undefined });
      wake();
    },
    start: async () => {
      for (const [name, one] of await listTargetHealth(state.database)) health.set(name, one);
      running ??= go();
    },
    flush: async (graceMs) => {
      const ending = new AbortController();
      const grace = clock.sleep(graceMs, ending.signal).catch(() => undefined);
      const over = grace.then(() => "over");
      for (await look(); busy.size > 0; await look())
        if ((await Promise.race([over, Promise.all(busy.values())])) === "over") break;
      ending.abort();
    },
    close: async () => {
      closing.abort();
      await running;
      await Promise.all(busy.values());
    },
  };
}

async function trySend(
  { senders, settings, installation, publicUrl }: Needs,
  target: TargetRecord,
  delivery: DeliveryRecord,
  signal: AbortSignal,
): Promise<SendResult> {
  try {
    const message = messageOf(delivery, { installation, publicUrl });
    return await senders.send(settings.open(target), message, { signal });
  } catch (cause) {
    // A secret that cannot be opened, or a fault of ours: the message waits until somebody has mended it.
    const { code, message } = toCodedError(cause);
    return { outcome: "unreachable", response: `${code}: ${message}` };
  }
}

export function messageOf(
  delivery: DeliveryRecord,
  { installation, publicUrl }: { readonly installation: string; readonly publicUrl: string | undefined },
): NotificationMessage {
  const { deliveryId, kind, severity, title, group, entries, entryCount, summary, createdAt } = delivery;
  return {
    version: NOTIFICATION_MESSAGE_VERSION,
    id: `ironcore-${installation}-${createdAt}-${deliveryId}`,
    at: createdAt,
    // What gathered nothing more is told as what it is.
    kind: kind === "bundle" && entryCount === 1 ? "single" : kind,
    severity,
    title: title.replaceAll(/\s+/g, " "),
    installation,
    ...(group === undefined ? {} : { group }),
    ...(publicUrl === undefined ? {} : { url: publicUrl }),
    entries: [...entries],
    entryCount,
    summary: [...summary],
  };
}
