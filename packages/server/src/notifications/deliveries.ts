/** Messages as people see them: on their way, arrived, given up and sent again. */

import type { Delivery, DeliveryList, DeliveryListQuery } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import {
  countDeliveries,
  findDelivery,
  listDeliveries,
  putDeliveryResult,
} from "../state/delivery-records.ts";
import type { DeliveryRecord } from "../state/delivery-records.ts";
import type { NotificationDesk } from "./desk.ts";
import { showDelivery } from "./present.ts";

const PAGE_LENGTH_DEFAULT = 50;

export interface Deliveries {
  /** Of these targets, newest first. @throws NOTIFICATION_CURSOR_UNKNOWN */
  listDeliveries(query: DeliveryListQuery, targets: readonly string[]): Promise<DeliveryList>;
  /** @throws DELIVERY_NOT_FOUND */
  getDelivery(deliveryId: number): Promise<Delivery>;
  /** What was given up goes out again. @throws DELIVERY_NOT_FOUND, DELIVERY_NOT_DEAD */
  resend(deliveryId: number): Promise<Delivery>;
  /** For metrics. */
  countDeliveries(): ReturnType<typeof countDeliveries>;
}

export function createDeliveries(desk: NotificationDesk): Deliveries {
  const { clock, state, settings, delivery } = desk;
  const get = async (deliveryId: number): Promise<DeliveryRecord> => {
    const found = await findDelivery(state.database, deliveryId);
    if (found === undefined) throw serverErrors.DELIVERY_NOT_FOUND({ delivery: deliveryId });
    return found;
  };
  const show = (found: DeliveryRecord, withEntries: boolean): Delivery =>
    showDelivery(found, {
      project: settings.targets.get(found.target)?.project,
      isSending: delivery.sending.has(found.deliveryId),
      withEntries,
    });
  return {
    countDeliveries: () => countDeliveries(state.database),
    listDeliveries: async (query, targets) => {
      const { target, state: wanted, cursor, limit = PAGE_LENGTH_DEFAULT } = query;
      const before = cursor === undefined ? undefined : Number(cursor);
      if (before !== undefined && !Number.isSafeInteger(before))
        throw serverErrors.NOTIFICATION_CURSOR_UNKNOWN({});
      const rows = await listDeliveries(state.database, {
        targets: target === undefined ? targets : targets.filter((name) => name === target),
        // One that is being sent is a waiting one in the store.
        state: wanted === "sending" ? "waiting" : wanted,
        before,
        limit: limit + 1,
      });
      const shown = rows.slice(0, limit).map((row) => show(row, false));
      const last = shown.at(-1);
      return {
        deliveries: wanted === "sending" ? shown.filter((one) => one.state === "sending") : shown,
        ...(rows.length > limit && last !== undefined ? { nextCursor: String(last.delivery) } : {}),
      };
    },
    getDelivery: async (deliveryId) => show(await get(deliveryId), true),
    resend: async (deliveryId) => {
      const found = await get(deliveryId);
      if (found.state !== "dead")
        throw serverErrors.DELIVERY_NOT_DEAD({ delivery: deliveryId, state: found.state });
      const again = { ...found, state: "waiting", dueAt: clock.now(), endedAt: undefined } as const;
      await putDeliveryResult(state.database, again);
      await state.flush();
      await delivery.retryNow(found.target);
      return show(again, true);
    },
  };
}
