/** Targets, groups, rules and deliveries as they travel. Secrets are named, never shown. */

import type {
  Delivery,
  NotificationGroup,
  NotificationRule,
  NotificationTarget,
} from "@ironcore-backup/protocol";
import type { DeliveryRecord, TargetHealth } from "../state/delivery-records.ts";
import type { GroupRecord, GroupUsers, RuleRecord, TargetRecord } from "./settings.ts";
import type { TargetSettings } from "../senders/sender.ts";

export function showTarget(
  target: TargetRecord,
  secrets: Pick<TargetSettings, "url" | "password" | "token" | "signingSecret" | "headers">,
  {
    health,
    waitingCount,
    deadCount,
  }: { readonly health: TargetHealth; readonly waitingCount: number; readonly deadCount: number },
): NotificationTarget {
  const { name, project, definition, createdAt, changedAt } = target;
  const { url, password, token, signingSecret, headers } = secrets;
  const single = { url, password, token, signingSecret };
  const names = [
    ...Object.entries(single).flatMap(([field, value]) => (value === undefined ? [] : [field])),
    ...Object.keys(headers ?? {}).map((header) => `headers.${header}`),
  ];
  const { lastDeliveredAt, failingSince, lastFailure } = health;
  return {
    ...definition,
    name,
    ...(project === undefined ? {} : { project }),
    ...(url === undefined ? {} : { urlShown: shownUrl(url) }),
    secrets: names,
    createdAt,
    changedAt,
    waitingCount,
    deadCount,
    ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
    ...(failingSince === undefined ? {} : { failingSince }),
    ...(lastFailure === undefined || failingSince === undefined ? {} : { lastFailure }),
  };
}

/** Scheme and host: what comes behind them is often the secret. */
function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) return "…";
  return url.pathname === "/" && url.search === "" ? url.origin : `${url.origin}/…`;
}

export function showGroup(
  group: GroupRecord,
  users: GroupUsers & { readonly rules: readonly string[] },
): NotificationGroup {
  const { name, project, definition, createdAt, changedAt } = group;
  const { targets, include, exclude, ...rest } = definition;
  return {
    ...rest,
    ...(include === undefined ? {} : { include: [...include] }),
    ...(exclude === undefined ? {} : { exclude: [...exclude] }),
    targets: [...targets],
    name,
    ...(project === undefined ? {} : { project }),
    createdAt,
    changedAt,
    jobs: [...users.jobs],
    datastores: [...users.datastores],
    rules: [...users.rules],
  };
}

export function showRule({ name, project, definition, createdAt, changedAt }: RuleRecord): NotificationRule {
  const { comment, enabled, match, groups } = definition;
  return {
    name,
    ...(project === undefined ? {} : { project }),
    ...(comment === undefined ? {} : { comment }),
    enabled,
    match,
    groups: [...groups],
    createdAt,
    changedAt,
  };
}

export function showDelivery(
  delivery: DeliveryRecord,
  {
    project,
    isSending,
    withEntries,
  }: {
    readonly project: string | undefined;
    readonly isSending: boolean;
    readonly withEntries: boolean;
  },
): Delivery {
  const { deliveryId, target, group, state, severity, title, entries, entryCount } = delivery;
  const { createdAt, dueAt, tryCount, lastTriedAt, endedAt, response } = delivery;
  return {
    delivery: deliveryId,
    target,
    ...(project === undefined ? {} : { project }),
    ...(group === undefined ? {} : { group }),
    state: isSending ? "sending" : state,
    severity,
    title,
    entryCount,
    createdAt,
    dueAt,
    tryCount,
    ...(lastTriedAt === undefined ? {} : { lastTriedAt }),
    ...(state === "delivered" && endedAt !== undefined ? { deliveredAt: endedAt } : {}),
    ...(response === undefined ? {} : { response }),
    ...(withEntries ? { entries: [...entries] } : {}),
  };
}
