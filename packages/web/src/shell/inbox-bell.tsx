/** How much in the inbox is unread, reachable from every page. An open error among it shows as another shape and word. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Icon } from "../look/icon.tsx";
import { inboxCountsQuery } from "../session/inbox-query.ts";
import { useNeeds } from "../session/needs.tsx";
import { t } from "../texts/texts.ts";
import styles from "./shell.module.css";

const SHOWN_COUNT_MAX = 99;

export function InboxBell() {
  const { client } = useNeeds();
  const { data } = useQuery(inboxCountsQuery(client));
  const { unreadCount = 0, openErrorCount = 0 } = data ?? {};
  const unread = t("shell.bell.unread", { count: unreadCount });
  const what =
    openErrorCount === 0 ? unread : t("shell.bell.unreadAndOpen", { unread, count: openErrorCount });
  return (
    <Link
      to="/notifications"
      className={styles["bell"]}
      data-error={openErrorCount > 0}
      aria-label={t("shell.bell.inbox", { what })}
      title={what}
    >
      <Icon name={openErrorCount > 0 ? "bellAlert" : "bell"} />
      {unreadCount > 0 && (
        <span className={styles["bellCount"]} aria-hidden>
          {unreadCount > SHOWN_COUNT_MAX ? `${SHOWN_COUNT_MAX}+` : unreadCount}
        </span>
      )}
    </Link>
  );
}
