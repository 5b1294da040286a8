/** One notice: what it says, what to do, where, and the course of the incident. */

import type { ReactNode } from "react";
import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Notice } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { When } from "../../parts/instant.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { noticeQuery } from "../../session/inbox-query.ts";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { useKeys } from "../../shell/keys.tsx";
import type { InboxSearch } from "./notification-search.ts";
import { NoticeMark } from "./notice-mark.tsx";
import layout from "../../parts/list-and-panel.module.css";
import styles from "./notifications.module.css";

export function NoticePanel({ number, search }: { readonly number: number; readonly search: InboxSearch }) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { data: notice, error, refetch } = useQuery(noticeQuery(client, number));
  const close = (): void => {
    const { notice: _gone, ...rest } = search;
    void navigate({ to: "/notifications", search: rest });
  };
  useKeys([{ keys: "Escape", does: "Close the notice", run: close }]);
  if (notice === undefined)
    return (
      <section className={layout["panel"]} aria-label="Notice">
        <div className={layout["missing"]}>
          {error === null ? (
            <p role="status">Opening …</p>
          ) : (
            <ErrorCard error={error} onRetry={() => void refetch()} />
          )}
        </div>
      </section>
    );
  return (
    <section className={layout["panel"]} aria-label="Notice">
      <header className={layout["head"]}>
        <div className={layout["headLine"]}>
          <NoticeMark notice={notice} />
          <span className={layout["spring"]} />
          <Actions notice={notice} />
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </ActionIcon>
        </div>
        <h2 className={layout["title"]}>{notice.title}</h2>
      </header>
      <div className={layout["part"]}>
        {notice.text !== "" && <p className={styles["text"]}>{notice.text}</p>}
        {notice.remedy !== undefined && notice.state !== "resolved" && (
          <p className={styles["remedy"]}>{notice.remedy}</p>
        )}
      </div>
      <div className={layout["part"]}>
        <Facts notice={notice} />
      </div>
    </section>
  );
}

function Actions({ notice }: { readonly notice: Notice }) {
  const { client } = useNeeds();
  const may = useMay("notification.acknowledge", { project: notice.project });
  const params = { notice: String(notice.notice) };
  const acknowledge = useNotificationChange({
    run: () => client.call("acknowledgeNotice", { params }),
    failed: "It was not acknowledged",
  });
  const resolve = useNotificationChange({
    run: () => client.call("resolveNotice", { params }),
    failed: "It was not resolved",
  });
  const unread = useNotificationChange({
    run: () => client.call("markInbox", { body: { notices: [notice.notice], isRead: false } }),
    failed: "It was not marked",
  });
  const isOpen = notice.state === "open";
  return (
    <div className={styles["buttons"]}>
      {may && isOpen && notice.acknowledgedAt === undefined && (
        <Button
          size="compact-sm"
          title="I see to it: nobody is reminded of it"
          loading={acknowledge.isPending}
          onClick={() => acknowledge.mutate()}
        >
          Acknowledge
        </Button>
      )}
      {may && isOpen && (
        <Button
          size="compact-sm"
          variant="default"
          title="It is over; it opens again when it happens again"
          loading={resolve.isPending}
          onClick={() => resolve.mutate()}
        >
          Resolve
        </Button>
      )}
      {notice.isRead && (
        <Button
          size="compact-sm"
          variant="default"
          loading={unread.isPending}
          onClick={() => unread.mutate()}
        >
          Mark unread
        </Button>
      )}
    </div>
  );
}

function Facts({ notice }: { readonly notice: Notice }) {
  const { event, code, project, datastore, job, workload, upid, count } = notice;
  const { openedAt, changedAt, resolvedAt, acknowledgedBy, acknowledgedAt } = notice;
  const isIncident = notice.state !== "note";
  return (
    <dl className={layout["facts"]}>
      {upid !== undefined && (
        <Fact name="Task">
          <Link to="/tasks/$upid" params={{ upid }}>
            Open the task and its log
          </Link>
        </Fact>
      )}
      {job !== undefined && (
        <Fact name="Job">
          <Link to="/jobs/$job" params={{ job }}>
            {job}
          </Link>
        </Fact>
      )}
      {workload !== undefined && (
        <Fact name="Workload">
          <Link to="/workloads/$workload" params={{ workload }} search={{}}>
            {workload}
          </Link>
        </Fact>
      )}
      {datastore !== undefined && (
        <Fact name="Datastore">
          <Link to="/datastores/$datastore" params={{ datastore }}>
            {datastore}
          </Link>
        </Fact>
      )}
      {project !== undefined && <Fact name="Project">{project}</Fact>}
      {code !== undefined && (
        <Fact name="Code">
          <code>{code}</code>
        </Fact>
      )}
      <Fact name="Event">
        <code>{event}</code>
      </Fact>
      <Fact name={isIncident ? "Since" : "When"}>
        <When at={openedAt} />
      </Fact>
      {isIncident && count > 1 && (
        <Fact name="Happened">
          {count} times, last <When at={changedAt} />
        </Fact>
      )}
      {acknowledgedBy !== undefined && acknowledgedAt !== undefined && (
        <Fact name="Seen to by">
          {acknowledgedBy}, since <When at={acknowledgedAt} />
        </Fact>
      )}
      {resolvedAt !== undefined && (
        <Fact name="Resolved">
          <When at={resolvedAt} />
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
