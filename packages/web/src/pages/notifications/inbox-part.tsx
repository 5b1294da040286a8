/** The inbox: what changed last first, and beside the list the one that is looked at. */

import { useEffect } from "react";
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Notice } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago } from "../../parts/instant.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { useRowWalk } from "../../parts/row-walk.ts";
import { inboxQuery } from "../../session/inbox-query.ts";
import { useNeeds } from "../../session/needs.tsx";
import { NoticeMark } from "./notice-mark.tsx";
import { NoticePanel } from "./notice-panel.tsx";
import { INBOX_SHOWS, inboxQueryOf } from "./notification-search.ts";
import type { InboxSearch } from "./notification-search.ts";
import layout from "../../parts/list-and-panel.module.css";
import styles from "./notifications.module.css";

export function InboxPart() {
  const { client } = useNeeds();
  const search = useSearch({ from: "/shell/notifications/" });
  const { notice: open } = search;
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    inboxQuery(client, inboxQueryOf(search)),
  );
  const walk = useRowWalk<HTMLUListElement>(open === undefined ? undefined : String(open));
  const notices = data?.pages.flatMap((page) => page.notices) ?? [];
  const first = data?.pages[0];
  return (
    <div className={layout["page"]} data-open={open !== undefined}>
      <section className={layout["list"]} aria-label="Inbox">
        <Tools search={search} unreadCount={first?.unreadCount ?? 0} openCount={first?.openCount ?? 0} />
        {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
        {data !== undefined && notices.length === 0 && <Nothing isFiltered={inboxIsFiltered(search)} />}
        <ul ref={walk.ref} onKeyDown={walk.onKeyDown}>
          {notices.map((notice) => (
            <li key={notice.notice}>
              <Row notice={notice} search={search} isOpen={notice.notice === open} />
            </li>
          ))}
        </ul>
        {hasNextPage && (
          <div className={styles["more"]}>
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Older
            </Button>
          </div>
        )}
      </section>
      {open !== undefined && <OpenNotice key={open} notice={open} search={search} />}
    </div>
  );
}

/** Whoever opens a notice has read it. */
function OpenNotice({ notice, search }: { readonly notice: number; readonly search: InboxSearch }) {
  const { client } = useNeeds();
  const read = useNotificationChange({
    run: () => client.call("markInbox", { body: { notices: [notice], isRead: true } }),
  });
  const { mutate } = read;
  useEffect(() => mutate(), [mutate, notice]);
  return <NoticePanel number={notice} search={search} />;
}

function inboxIsFiltered({ which, severity, q }: InboxSearch): boolean {
  return which !== undefined || severity !== undefined || q !== undefined;
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  return isFiltered ? (
    <EmptyState>Nothing fits. Show everything to see what there was.</EmptyState>
  ) : (
    <EmptyState command="ironcore-backup notification target create mail --kind smtp --host mail.example --to ops@example.org">
      Nothing needs you. What does will stand here; to hear of it by mail or in a chat, make a target, a group
      and a rule.
    </EmptyState>
  );
}

interface ToolsProps {
  readonly search: InboxSearch;
  readonly unreadCount: number;
  readonly openCount: number;
}

const SHOW_WORDS = { all: "All", unread: "Unread", open: "Open" } as const;

function Tools({ search, unreadCount, openCount }: ToolsProps) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { which = "all", severity, q = "" } = search;
  const readAll = useNotificationChange({
    run: () => client.call("markInbox", { body: { isRead: true } }),
    failed: "Nothing was marked",
  });
  const go = (next: InboxSearch): void => void navigate({ to: ".", search: next, replace: true });
  const without = (field: keyof InboxSearch): InboxSearch => {
    const { [field]: _gone, ...rest } = search;
    return rest;
  };
  return (
    <div className={layout["tools"]}>
      <TextInput
        size="xs"
        aria-label="Search the inbox"
        placeholder="Title, text, job, datastore or code"
        leftSection={<Icon name="search" size={14} />}
        value={q}
        onChange={({ currentTarget: { value } }) => go(value === "" ? without("q") : { ...search, q: value })}
      />
      <SegmentedControl
        size="xs"
        aria-label="Which notices"
        value={which}
        data={INBOX_SHOWS.map((value) => ({ value, label: SHOW_WORDS[value] }))}
        onChange={(value) => go(value === "all" ? without("which") : { ...search, which: value })}
      />
      <SegmentedControl
        size="xs"
        aria-label="From which severity on"
        value={severity ?? "info"}
        data={[
          { value: "info", label: "Any" },
          { value: "warning", label: "Warnings" },
          { value: "error", label: "Errors" },
        ]}
        onChange={(value) => go(value === "info" ? without("severity") : { ...search, severity: value })}
      />
      <span className="quiet" aria-live="polite">
        {unreadCount} unread, {openCount} open
      </span>
      <Button
        size="compact-xs"
        variant="default"
        disabled={unreadCount === 0}
        loading={readAll.isPending}
        onClick={() => readAll.mutate()}
      >
        Mark all read
      </Button>
    </div>
  );
}

function Row({
  notice,
  search,
  isOpen,
}: {
  readonly notice: Notice;
  readonly search: InboxSearch;
  readonly isOpen: boolean;
}) {
  const { title, text, count, changedAt, isRead, acknowledgedBy } = notice;
  return (
    <Link
      to="/notifications"
      search={{ ...search, notice: notice.notice }}
      className={styles["notice"]}
      data-walk={notice.notice}
      data-unread={!isRead}
      aria-current={isOpen ? "true" : undefined}
      replace={isOpen}
    >
      <span className={styles["dot"]}>{!isRead && <span className="hidden-visually">Unread.</span>}</span>
      <NoticeMark notice={notice} />
      <span className={styles["noticeWhat"]}>
        <span className={styles["noticeTitle"]}>{title}</span>
        <span className="quiet">{text.split("\n", 1)[0]}</span>
      </span>
      <span className={styles["noticeWhen"]}>
        <Ago at={changedAt} />
        <span className="quiet">
          {count > 1 && `${count} times`}
          {acknowledgedBy !== undefined && notice.state === "open" && (count > 1 ? ", seen to" : "seen to")}
        </span>
      </span>
    </Link>
  );
}
