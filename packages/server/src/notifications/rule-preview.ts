/**
 * A rule tried on the past: what happened in the last days goes through the same decisions and the same bookkeeping of messages
 * as it does when it happens. Only what the group would have said of an incident before the first day is not known.
 */

import type { Clock } from "@ironcore-backup/base";
import type { NotificationEventWord, RulePreview, RulePreviewRequest } from "@ironcore-backup/protocol";
import type { State } from "../state/database.ts";
import { findFirstEventAt, listNotificationEvents } from "../state/notification-event-records.ts";
import type { NotificationEventRecord } from "../state/notification-event-records.ts";
import { MessagePlan } from "./message-plan.ts";
import { fitsRule, isTold } from "./routing.ts";
import type { GroupRecord, NotificationSettings } from "./settings.ts";

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 30;
const PAGE_LENGTH = 5000;
const SAMPLE_COUNT = 20;

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  readonly settings: Pick<NotificationSettings, "group">;
  readonly timeZone: string;
}

/** @throws NOTIFICATION_GROUP_NOT_FOUND */
export async function previewRule(needs: Needs, request: RulePreviewRequest): Promise<RulePreview> {
  const { clock, state, settings, timeZone } = needs;
  const { project, match, days = DAYS_DEFAULT } = request;
  const groups = request.groups.map((name) => new TriedGroup(settings.group(name), timeZone));
  const since = clock.now() - days * DAY_MS;
  const byEvent = new Map<NotificationEventWord, number>();
  const samples: NotificationEventRecord[] = [];
  let eventCount = 0;
  let matchedCount = 0;
  for (let after = 0; ;) {
    const page = await listNotificationEvents(state.database, { since, after, limit: PAGE_LENGTH });
    for (const event of page) {
      eventCount++;
      if (!fitsRule(match, project, event)) continue;
      matchedCount++;
      byEvent.set(event.event, (byEvent.get(event.event) ?? 0) + 1);
      samples.push(event);
      if (samples.length > SAMPLE_COUNT) samples.shift();
      for (const group of groups) group.take(event);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_LENGTH) break;
    after = last.eventId;
  }
  const firstAt = await findFirstEventAt(state.database);
  return {
    since: Math.max(since, firstAt ?? clock.now()),
    eventCount,
    matchedCount,
    groups: groups.map((group) => group.result()),
    byEvent: [...byEvent].map(([event, count]) => ({ event, count })).toSorted((a, b) => b.count - a.count),
    samples: samples
      .toReversed()
      .map(({ at, event, change, severity, title }) => ({ at, event, change, severity, title })),
  };
}

/** What one group would have sent to one target. */
class TriedGroup {
  readonly #group: GroupRecord;
  readonly #plan: MessagePlan<number>;
  readonly #toldAt = new Map<number, number>();
  #entryCount = 0;
  #messageCount = 0;

  constructor(group: GroupRecord, timeZone: string) {
    this.#group = group;
    this.#plan = new MessagePlan(timeZone);
  }

  take(event: NotificationEventRecord): void {
    const { noticeId, at } = event;
    const toldAt = noticeId === undefined ? undefined : this.#toldAt.get(noticeId);
    if (!isTold(this.#group.definition, event, { toldAt, isAcknowledged: false })) return;
    if (noticeId !== undefined) this.#toldAt.set(noticeId, at);
    this.#entryCount++;
    const place = this.#plan.place(this.#group.name, this.#group.definition, at);
    if ("into" in place) return;
    this.#messageCount++;
    place.made(this.#messageCount);
  }

  result(): RulePreview["groups"][number] {
    return { group: this.#group.name, entryCount: this.#entryCount, messageCount: this.#messageCount };
  }
}
