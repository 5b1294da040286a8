/** From what could be told to messages: which groups hear of it, and through which targets. */

import { listTellings, putTelling } from "../state/notice-records.ts";
import { insertNotificationEvent } from "../state/notification-event-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import type { Telling } from "./fold.ts";
import type { MessagePlan } from "./message-plan.ts";
import type { OutboxBatch } from "./outbox.ts";
import { targetKey } from "./other-occurrences.ts";
import { fitsRule, isTold } from "./routing.ts";
import type { GroupRecord, NotificationSettings } from "./settings.ts";

export interface TellNeeds {
  readonly settings: Pick<NotificationSettings, "groups" | "rules" | "targets">;
  /** The group that a job names, and the one that a datastore names. */
  readonly groupOfJob: (job: string) => string | undefined;
  readonly groupOfDatastore: (datastore: string) => string | undefined;
  /** The bookkeeping of a target, made when it is first needed. */
  readonly planOf: (target: string) => MessagePlan<number>;
}

export async function tell(
  needs: TellNeeds,
  { database, outbox }: { readonly database: StateDatabase; readonly outbox: OutboxBatch },
  telling: Telling,
): Promise<void> {
  await insertNotificationEvent(database, {
    ...telling,
    noticeId: telling.noticeId === 0 ? undefined : telling.noticeId,
    project: telling.project,
    datastore: telling.datastore,
    job: telling.job,
    workload: telling.workload,
  });
  const toldAt =
    telling.noticeId === 0 ? new Map<string, number>() : await listTellings(database, telling.noticeId);
  const hearing = groupsOf(needs, telling, [...toldAt.keys()]).filter((group) =>
    isTold(group.definition, telling, {
      toldAt: toldAt.get(group.name),
      isAcknowledged: telling.isAcknowledged,
    }),
  );
  for (const group of hearing)
    if (telling.noticeId !== 0)
      await putTelling(database, { noticeId: telling.noticeId, group: group.name, at: telling.at });
  for (const [target, group] of targetsOf(needs, telling, hearing))
    await outbox.add(telling, {
      target,
      group: group.name,
      timing: group.definition,
      plan: needs.planOf(target),
    });
}

/** By the job or the datastore, and by rules; of the end of an incident those that heard of its beginning. */
function groupsOf(
  { settings, groupOfJob, groupOfDatastore }: TellNeeds,
  telling: Telling,
  told: readonly string[],
): readonly GroupRecord[] {
  const { job, datastore } = telling;
  const attached =
    (job === undefined ? undefined : groupOfJob(job)) ??
    (datastore === undefined ? undefined : groupOfDatastore(datastore));
  const ruled = [...settings.rules.values()]
    .filter(({ definition, project }) => definition.enabled && fitsRule(definition.match, project, telling))
    .flatMap(({ definition }) => definition.groups);
  const names =
    telling.change === "resolved" ? told : [...(attached === undefined ? [] : [attached]), ...ruled];
  return [...new Set(names)].flatMap((name) => settings.groups.get(name) ?? []);
}

/** Each target once; a group that tells at once goes before one that gathers. */
function targetsOf(
  { settings }: TellNeeds,
  telling: Telling,
  groups: readonly GroupRecord[],
): ReadonlyMap<string, GroupRecord> {
  const chosen = new Map<string, GroupRecord>();
  const isAtOnce = ({ definition }: GroupRecord): boolean => (definition.digest ?? "none") === "none";
  for (const group of groups)
    for (const target of group.definition.targets) {
      if (settings.targets.get(target)?.definition.enabled !== true) continue;
      // What a target does not take is not told through it.
      if (telling.key === targetKey(target)) continue;
      const before = chosen.get(target);
      if (before === undefined || (!isAtOnce(before) && isAtOnce(group))) chosen.set(target, group);
    }
  return chosen;
}
