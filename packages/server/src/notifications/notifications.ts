/**
 * Who hears of what. What is worth telling is noted by the state store itself in the transaction that makes it true (signals);
 * this room folds signals into notices (notes, and incidents that open and are resolved), decides who is told, and puts messages
 * into the outbox, all in one transaction; then messages are delivered, at least once and in each target's order.
 *
 *   signal-loop.ts    signal → occurrence → notice → who is told → message, in one transaction
 *   delivery-loop.ts  message → target, with retries
 *   beats.ts          signs of life and figures, by the clock
 *
 * docs/notifications.md tells what operators may rely on.
 */

import type { Notice, RulePreview, RulePreviewRequest } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { findNumber, putNumber } from "../state/counter-records.ts";
import {
  deleteDeliveriesOf,
  listGatheringDeliveries,
  listRecentMessages,
} from "../state/delivery-records.ts";
import { findNewestChange, listOpenKeys } from "../state/notice-records.ts";
import type { InboxSight } from "../state/inbox-records.ts";
import { createBeats } from "./beats.ts";
import { createDeliveries } from "./deliveries.ts";
import type { Deliveries } from "./deliveries.ts";
import { createDeliveryLoop } from "./delivery-loop.ts";
import type { NotificationDesk, NotificationsNeeds } from "./desk.ts";
import { createInbox } from "./inbox.ts";
import type { InboxRoom } from "./inbox.ts";
import { BURST_WINDOW_MS, MessagePlan } from "./message-plan.ts";
import { createNoticing, signalIfNews } from "./noticing.ts";
import type { Noticing } from "./noticing.ts";
import {
  certificateLooked,
  certificateRenewed,
  serviceStarted,
  serviceStopped,
} from "./state-occurrences.ts";
import { previewRule } from "./rule-preview.ts";
import { createSignalLoop } from "./signal-loop.ts";
import type { SignalLoop } from "./signal-loop.ts";
import { openNotificationSettings } from "./settings.ts";
import type { NotificationSettings } from "./settings.ts";
import { createTargetDesk } from "./target-desk.ts";
import type { TargetDesk } from "./target-desk.ts";
import { createNotificationWatch } from "./watch.ts";

const STOP_GRACE_MS = 2000;
const RUNNING_MARK = "server-running";

export interface Notifications extends TargetDesk, Deliveries, Noticing {
  readonly settings: NotificationSettings;
  readonly inbox: InboxRoom;
  /** The settings of this target are others: what waits is tried at once. */
  targetChanged(target: string): Promise<void>;
  /** What waits for it goes with it. @throws NOTIFICATION_IN_USE */
  removeTarget(target: string): Promise<void>;
  previewRule(request: RulePreviewRequest): Promise<RulePreview>;
  /** Ends an incident by hand. @throws NOTICE_NOT_FOUND, NOTICE_NOT_OPEN */
  resolveNotice(sight: InboxSight, noticeId: number): Promise<Notice>;
  /** How it stands, for the status. */
  service(): { readonly name: "notify"; readonly state: "running" | "failed"; readonly detail: string };
  /** A task ended, or something else that the store noted. */
  wake(): void;
  /** Resolves when everything that is known now is in messages. */
  drain(): Promise<void>;
  /** To be called once, when tasks and jobs are there. */
  start(facts: {
    readonly version: string;
    readonly certificate: { readonly fingerprint: string; readonly warning?: string };
  }): Promise<void>;
  close(): Promise<void>;
}

// Long because it is the table of all that the room does, and wires its parts.
export async function openNotifications(needs: NotificationsNeeds): Promise<Notifications> {
  const { clock, state } = needs;
  const settings = await openNotificationSettings(needs);
  const openKeys = new Set(await listOpenKeys(state.database));
  const plans = await readPlans(needs);
  let newestChange = await findNewestChange(state.database);
  const planOf = (target: string): MessagePlan<number> => {
    const plan = plans.get(target) ?? new MessagePlan<number>(needs.timeZone);
    plans.set(target, plan);
    return plan;
  };
  const delivery = createDeliveryLoop({
    ...needs,
    settings,
    installation: needs.node,
    onTaken: ({ target, deliveryId }) => plans.get(target)?.closed(deliveryId),
    signal: (occurrence) => loop.signal(occurrence),
  });
  const beats = createBeats({
    ...needs,
    settings,
    openKeys,
    health: (target) => delivery.health(target),
    setHealth: (target, health) => delivery.setHealth(target, health),
  });
  const loop: SignalLoop = createSignalLoop({
    ...needs,
    settings,
    openKeys,
    planOf,
    nextChange: () => ++newestChange,
    groupOfJob: (job) => needs.jobOf(job)?.group,
    onFolded: (targets) => {
      if (targets.size > 0) delivery.wake();
      needs.onInboxChanged();
    },
    onJobSucceeded: (job) => beats.jobSucceeded(job),
    onFailed: async () => {
      // The transaction is undone: memory follows it.
      openKeys.clear();
      for (const key of await listOpenKeys(state.database)) openKeys.add(key);
      plans.clear();
      for (const [target, plan] of await readPlans(needs)) plans.set(target, plan);
    },
  });
  const inbox = createInbox({ clock, state, onChanged: needs.onInboxChanged });
  const closing = new AbortController();
  const { signal } = closing;
  const desk: NotificationDesk = { ...needs, settings, openKeys, plans, loop, delivery, signal };
  const watch = createNotificationWatch(desk);
  return {
    settings,
    inbox,
    ...createTargetDesk(desk),
    ...createDeliveries(desk),
    ...createNoticing(desk),
    targetChanged: (target) => delivery.retryNow(target),
    removeTarget: async (target) => {
      await settings.removeTarget(target);
      await deleteDeliveriesOf(state.database, target);
      plans.delete(target);
      delivery.forget(target);
    },
    previewRule: (request) => previewRule({ ...needs, settings }, request),
    resolveNotice: async (sight, noticeId) => {
      const { key, state: at, event, audience } = await inbox.find(sight, noticeId);
      if (key === undefined || at !== "open")
        throw serverErrors.NOTICE_NOT_OPEN({ notice: noticeId, state: at });
      await loop.signal({
        event,
        severity: "info",
        at: clock.now(),
        title: `${sight.userId} resolved it by hand`,
        text: "",
        audience,
        resolves: [key],
        isOnlyEnd: true,
        isKept: false,
      });
      await loop.drain();
      return inbox.get(sight, noticeId);
    },
    service: () => serviceOf(desk),
    wake: () => loop.wake(),
    drain: () => loop.drain(),
    start: async ({ version, certificate }) => {
      const hasCrashed = (await findNumber(state.database, RUNNING_MARK)) === 1;
      await putNumber(state.database, RUNNING_MARK, 1);
      const at = clock.now();
      await loop.signal(serviceStarted({ at, node: needs.node, version, hasCrashed }));
      await signalIfNews(desk, certificateLooked(at, certificate.warning));
      await lookForNewCertificate(desk, certificate.fingerprint);
      loop.start();
      await delivery.start();
      beats.start();
      watch.start();
    },
    close: async () => {
      closing.abort();
      await watch.close();
      await beats.close();
      await loop.signal(serviceStopped(clock.now(), needs.node));
      await loop.drain();
      await loop.close();
      await delivery.flush(STOP_GRACE_MS);
      await delivery.close();
      await putNumber(state.database, RUNNING_MARK, 0);
      await state.flush();
    },
  };
}

/** Enough of a fingerprint to see that it is another one. */
const CERTIFICATE_MARK = "server-certificate";

async function lookForNewCertificate(
  { clock, state, loop }: NotificationDesk,
  fingerprint: string,
): Promise<void> {
  const mark = Number.parseInt(fingerprint.replaceAll(":", "").slice(0, 12), 16);
  const known = await findNumber(state.database, CERTIFICATE_MARK);
  if (known === mark) return;
  await putNumber(state.database, CERTIFICATE_MARK, mark);
  if (known !== undefined) await loop.signal(certificateRenewed(clock.now(), fingerprint));
}

function serviceOf({ settings, delivery, loop }: NotificationDesk): ReturnType<Notifications["service"]> {
  const name = "notify";
  const { lastFailure } = loop;
  if (lastFailure !== undefined) return { name, state: "failed", detail: lastFailure };
  const failing = [...settings.targets.keys()].filter(
    (target) => delivery.health(target).failingSince !== undefined,
  );
  const count = settings.targets.size;
  const targets = `${count} ${count === 1 ? "target" : "targets"}`;
  const detail = failing.length === 0 ? targets : `${targets}, failing: ${failing.join(", ")}`;
  return { name, state: "running", detail };
}

async function readPlans({
  clock,
  state,
  timeZone,
}: NotificationsNeeds): Promise<Map<string, MessagePlan<number>>> {
  const now = clock.now();
  const recent = await listRecentMessages(state.database, now - BURST_WINDOW_MS);
  const plans = new Map(
    [...recent].map(([target, dueAt]) => [target, new MessagePlan<number>(timeZone, dueAt)]),
  );
  for (const { deliveryId, target, group, kind, dueAt } of await listGatheringDeliveries(
    state.database,
    now,
  )) {
    const plan = plans.get(target) ?? new MessagePlan<number>(timeZone);
    plans.set(target, plan);
    if (kind === "bundle" || kind === "digest") plan.adopt(group, { id: deliveryId, kind, dueAt });
  }
  return plans;
}
