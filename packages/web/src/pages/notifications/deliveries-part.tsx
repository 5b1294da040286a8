/** What was sent: messages on their way, delivered and given up, newest first. */

import { useState } from "react";
import { Button, Modal, Select } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { DELIVERY_STATES } from "@ironcore-backup/protocol/calls";
import type { Delivery, DeliveryState } from "@ironcore-backup/protocol/calls";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago, When } from "../../parts/instant.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { deliveriesQuery, NOTIFICATIONS_KEY, targetsQuery } from "../../session/inbox-query.ts";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { DeliveryMark } from "./notice-mark.tsx";
import type { DeliverySearch } from "./notification-search.ts";
import table from "../../parts/wide-table.module.css";
import styles from "./notifications.module.css";

export function DeliveriesPart() {
  const { client } = useNeeds();
  const search = useSearch({ from: "/shell/notifications/deliveries" });
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    deliveriesQuery(client, search),
  );
  const [shown, setShown] = useState<number | undefined>();
  const deliveries = data?.pages.flatMap((page) => page.deliveries) ?? [];
  return (
    <section aria-label="Deliveries">
      <Filters search={search} />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && deliveries.length === 0 && <EmptyState>Nothing was sent that fits.</EmptyState>}
      {deliveries.length > 0 && (
        <div className={table["wide"]} tabIndex={0} role="group" aria-label="Table of deliveries">
          <table className={table["table"]}>
            <thead>
              <tr>
                <th scope="col">Message</th>
                <th scope="col">Target</th>
                <th scope="col">State</th>
                <th scope="col">When</th>
                <th scope="col">
                  <span className="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <Row key={delivery.delivery} delivery={delivery} onShow={() => setShown(delivery.delivery)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {hasNextPage && (
        <div className={styles["more"]}>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older
          </Button>
        </div>
      )}
      {shown !== undefined && <Message number={shown} onClose={() => setShown(undefined)} />}
    </section>
  );
}

function Filters({ search }: { readonly search: DeliverySearch }) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { data: targets = [] } = useQuery(targetsQuery(client));
  const go = (next: DeliverySearch): void => void navigate({ to: ".", search: next, replace: true });
  const { target, state } = search;
  return (
    <div className={styles["tableHead"]}>
      <p className="quiet">Each target gets its messages one by one, in the order in which they were made.</p>
      <div className={styles["buttons"]}>
        <Select
          size="xs"
          aria-label="Target"
          placeholder="Any target"
          clearable
          clearButtonProps={{ "aria-label": "Any target" }}
          value={target ?? null}
          data={targets.map(({ name }) => name)}
          onChange={(name) =>
            go({ ...(name === null ? {} : { target: name }), ...(state === undefined ? {} : { state }) })
          }
        />
        <Select
          size="xs"
          aria-label="State"
          placeholder="Any state"
          clearable
          clearButtonProps={{ "aria-label": "Any state" }}
          value={state ?? null}
          data={DELIVERY_STATES.map((value: DeliveryState) => ({
            value,
            label: value === "dead" ? "given up" : value,
          }))}
          onChange={(value) =>
            go({ ...(target === undefined ? {} : { target }), ...(value === null ? {} : { state: value }) })
          }
        />
      </div>
    </div>
  );
}

function Row({ delivery, onShow }: { readonly delivery: Delivery; readonly onShow: () => void }) {
  const { client } = useNeeds();
  const { title, target, group, project, state, tryCount, response, entryCount, dueAt, createdAt } = delivery;
  const may = useMay("notification.manage", { project });
  const resend = useNotificationChange({
    run: () => client.call("resendDelivery", { params: { delivery: String(delivery.delivery) } }),
    failed: "It was not sent again",
  });
  const isLater = state === "waiting" && tryCount === 0 && dueAt > createdAt;
  return (
    <tr>
      <td>
        <Button variant="subtle" size="compact-sm" onClick={onShow}>
          {title}
        </Button>
        {entryCount > 1 && <small className="quiet">{entryCount} entries</small>}
      </td>
      <td>
        <span>{target}</span>
        <small className="quiet">{group}</small>
      </td>
      <td className={styles["answer"]}>
        <DeliveryMark state={state} />
        <small className="quiet">
          {tryCount > 1 && `${tryCount} tries. `}
          {response}
        </small>
      </td>
      <td>
        <Ago at={delivery.deliveredAt ?? delivery.lastTriedAt ?? createdAt} />
        {isLater && (
          <small className="quiet">
            due <When at={dueAt} />
          </small>
        )}
      </td>
      <td>
        {may && state === "dead" && (
          <div className={styles["buttons"]}>
            <Button
              size="compact-xs"
              variant="default"
              loading={resend.isPending}
              aria-label={`Send again: ${title}`}
              onClick={() => resend.mutate()}
            >
              Send again
            </Button>
          </div>
        )}
      </td>
    </tr>
  );
}

function Message({ number, onClose }: { readonly number: number; readonly onClose: () => void }) {
  const { client } = useNeeds();
  const { data, error } = useQuery({
    queryKey: [...NOTIFICATIONS_KEY, "delivery", number],
    queryFn: ({ signal }) => client.call("getDelivery", { params: { delivery: String(number) }, signal }),
  });
  return (
    <Modal opened onClose={onClose} title={data?.title ?? "Message"} size="xl">
      {error !== null && <ErrorCard error={error} />}
      {data !== undefined && (
        <ul>
          {data.entries?.map((entry, at) => (
            <li key={at}>
              <strong>{entry.title}</strong> <Ago at={entry.at} />
              <p className={styles["text"]}>{entry.text}</p>
            </li>
          ))}
        </ul>
      )}
      {data !== undefined && data.entryCount > (data.entries?.length ?? 0) && (
        <p className="quiet">{data.entryCount - (data.entries?.length ?? 0)} more</p>
      )}
    </Modal>
  );
}
