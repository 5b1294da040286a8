/**
 * Who is told of what: pure decisions over settings. The same functions decide when something happens and when a rule is
 * tried on the past.
 *
 * A group hears of an event that its job or its datastore names it for, or that a rule leads to it. It tells its targets what it
 * is set to tell: from a severity on, with some events always and some never. Of an incident it tells the beginning, what goes on
 * again and again no more often than it reminds, and the end if it told the beginning.
 */

import { fitsWildcard } from "@ironcore-backup/base";
import type {
  NoticeChange,
  NotificationEventWord,
  NotificationGroupCreate,
  RuleMatch,
  Severity,
} from "@ironcore-backup/protocol";
import { SEVERITIES } from "@ironcore-backup/protocol";

export const REMIND_HOURS_DEFAULT = 24;
const HOUR_MS = 3_600_000;

export type GroupDefinition = Omit<NotificationGroupCreate, "name" | "project">;

/** As far as settings look at what happened. */
export interface RoutedEvent {
  readonly event: NotificationEventWord;
  readonly severity: Severity;
  readonly change: NoticeChange;
  readonly at: number;
  readonly project?: string | undefined;
  readonly datastore?: string | undefined;
  readonly job?: string | undefined;
  readonly workload?: string | undefined;
}

/** @param owner  the rule's project: it looks at nothing else */
export function fitsRule(match: RuleMatch, owner: string | undefined, event: RoutedEvent): boolean {
  if (owner !== undefined && event.project !== owner) return false;
  const { events, severityMin, types, projects, datastores, jobs, workloads } = match;
  if (events !== undefined && !events.includes(event.event)) return false;
  if (severityMin !== undefined && event.change !== "resolved" && !isAtLeast(event.severity, severityMin))
    return false;
  if (types !== undefined && !types.some((type) => event.event.startsWith(`${type}.`))) return false;
  return (
    fitsAny(projects, event.project) &&
    fitsAny(datastores, event.datastore) &&
    fitsAny(jobs, event.job) &&
    fitsAny(workloads, event.workload)
  );
}

function fitsAny(patterns: readonly string[] | undefined, name: string | undefined): boolean {
  if (patterns === undefined) return true;
  return name !== undefined && patterns.some((pattern) => fitsWildcard(pattern, name));
}

function isAtLeast(severity: Severity, min: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(min);
}

/**
 * Whether the group tells it.
 * @param toldAt  when it told of the incident last; undefined: never
 */
export function isTold(
  group: GroupDefinition,
  event: RoutedEvent,
  { toldAt, isAcknowledged }: { readonly toldAt: number | undefined; readonly isAcknowledged: boolean },
): boolean {
  if (group.enabled === false) return false;
  if (event.change === "resolved") return toldAt !== undefined;
  if (group.exclude?.includes(event.event) === true) return false;
  const isMeant =
    group.include?.includes(event.event) === true ||
    isAtLeast(event.severity, group.severityMin ?? "warning");
  if (!isMeant) return false;
  if (event.change !== "repeated" || toldAt === undefined) return true;
  const remindHours = group.remindHours ?? REMIND_HOURS_DEFAULT;
  return remindHours > 0 && !isAcknowledged && event.at - toldAt >= remindHours * HOUR_MS;
}
