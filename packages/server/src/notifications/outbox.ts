/**
 * Puts what is told into messages for targets, inside the transaction that makes it true. A batch of many entries changes each
 * message once: messages that gather are held here until `write`.
 */

import type { MessageEntry, NoticeChange, NotificationEventWord, Severity } from "@ironcore-backup/protocol";
import { MESSAGE_ENTRY_COUNT_MAX, SEVERITIES } from "@ironcore-backup/protocol";
import { findDelivery, insertDelivery, updateDelivery } from "../state/delivery-records.ts";
import type { DeliveryRecord, MessageSummary } from "../state/delivery-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import type { Telling } from "./fold.ts";
import type { MessagePlan, GroupTiming } from "./message-plan.ts";

/** More than so much of a text is left to the page. */
const TEXT_LENGTH_MAX = 4000;

export interface Links {
  /** Where the dashboard is reached; undefined: nobody said. */
  readonly publicUrl: string | undefined;
}

/** Delivery by number. */
export class OutboxBatch {
  readonly #database: StateDatabase;
  readonly #links: Links;
  readonly #now: number;
  readonly #open = new Map<number, DeliveryRecord>();
  /** Of targets that got something. */
  readonly touched = new Set<string>();

  /** @param now  not when it happened: a message that is due is being sent and takes nothing more */
  constructor(database: StateDatabase, links: Links, now: number) {
    this.#database = database;
    this.#links = links;
    this.#now = now;
  }

  async add(
    telling: Telling,
    to: {
      readonly target: string;
      readonly group: string;
      readonly timing: GroupTiming;
      readonly plan: MessagePlan<number>;
    },
  ): Promise<void> {
    const { target, group, timing, plan } = to;
    const entry = entryOf(telling, this.#links);
    this.touched.add(target);
    const place = plan.place(group, timing, this.#now);
    if ("into" in place) {
      const open = this.#open.get(place.into) ?? (await findDelivery(this.#database, place.into));
      if (open?.state === "waiting") {
        this.#open.set(open.deliveryId, withEntry(open, entry));
        return;
      }
      // It went out or was taken away: the next place is a new message.
      plan.closed(place.into);
      return this.add(telling, to);
    }
    const made = withEntry(emptyMessage({ target, group, at: this.#now, ...place.make }), entry);
    const deliveryId = await insertDelivery(this.#database, made);
    place.made(deliveryId);
    if (made.kind !== "single") this.#open.set(deliveryId, { ...made, deliveryId });
  }

  async write(): Promise<void> {
    for (const delivery of this.#open.values()) await updateDelivery(this.#database, delivery);
    this.#open.clear();
  }
}

function emptyMessage({
  target,
  group,
  at,
  kind,
  dueAt,
}: Pick<DeliveryRecord, "target" | "group" | "kind" | "dueAt"> & { readonly at: number }): Omit<
  DeliveryRecord,
  "deliveryId"
> {
  return {
    target,
    group,
    kind,
    state: "waiting",
    severity: "info",
    title: "",
    entries: [],
    entryCount: 0,
    summary: [],
    createdAt: at,
    dueAt,
    tryCount: 0,
    lastTriedAt: undefined,
    endedAt: undefined,
    response: undefined,
  };
}

function withEntry<Delivery extends Omit<DeliveryRecord, "deliveryId">>(
  delivery: Delivery,
  entry: MessageEntry,
): Delivery {
  const entries = [...delivery.entries, entry].toSorted(worstFirst).slice(0, MESSAGE_ENTRY_COUNT_MAX);
  const summary = counted(delivery.summary, entry.event, entry.change);
  const entryCount = delivery.entryCount + 1;
  const severity = rank(entry.severity) > rank(delivery.severity) ? entry.severity : delivery.severity;
  const title = titleOf({ kind: delivery.kind, group: delivery.group, entries, summary, entryCount });
  return { ...delivery, entries, summary, entryCount, severity, title };
}

/** A message's one line. */
export function titleOf({
  kind,
  group,
  entries,
  summary,
  entryCount,
}: Pick<DeliveryRecord, "kind" | "group" | "entries" | "summary" | "entryCount">): string {
  const [first] = entries;
  if (kind !== "digest" && entryCount === 1 && first !== undefined) return first.title;
  const parts = summary.slice(0, 3).map(({ event, change, count }) => {
    const what = change === "note" || change === "opened" ? event : `${event} ${change}`;
    return `${count} × ${what}`;
  });
  const rest = summary.length > 3 ? ", …" : "";
  const lead = kind === "digest" ? `Digest of ${group ?? "all"}` : `${entryCount} notifications`;
  return `${lead}: ${parts.join(", ")}${rest}`;
}

function counted(
  summary: MessageSummary,
  event: NotificationEventWord,
  change: NoticeChange,
): MessageSummary {
  const known = summary.find((row) => row.event === event && row.change === change);
  const others = summary.filter((row) => row !== known);
  return [...others, { event, change, count: (known?.count ?? 0) + 1 }].toSorted((a, b) => b.count - a.count);
}

function worstFirst(a: MessageEntry, b: MessageEntry): number {
  return rank(b.severity) - rank(a.severity) || a.at - b.at;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function entryOf(telling: Telling, { publicUrl }: Links): MessageEntry {
  const { noticeId, since, text, namespace, ...rest } = telling;
  const { taskType: _type, isAcknowledged: _acknowledged, key: _key, ...fields } = rest;
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return {
    // What is absent was left out; the names and types are the same.
    ...(present as Omit<MessageEntry, "notice" | "since" | "text">),
    ...(namespace === undefined || namespace === "" ? {} : { namespace }),
    text: text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}…`,
    notice: noticeId,
    since,
    ...linksOf(telling, publicUrl),
  };
}

function linksOf(
  { noticeId, upid }: Telling,
  publicUrl: string | undefined,
): Pick<MessageEntry, "url" | "logUrl"> {
  if (publicUrl === undefined) return {};
  const log = upid === undefined ? {} : { logUrl: `${publicUrl}/tasks/${encodeURIComponent(upid)}` };
  const url = noticeId === 0 ? {} : { url: `${publicUrl}/notifications?notice=${noticeId}` };
  return { ...url, ...log };
}
