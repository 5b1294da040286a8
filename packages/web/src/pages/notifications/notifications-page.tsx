/** What there is to know of, and who is told of what: each part under an address of its own. */

import { Link, Outlet } from "@tanstack/react-router";
import { PageHead } from "../../parts/page-head.tsx";
import { useWhoami } from "../../session/needs.tsx";
import { isAllowedSomewhere } from "../../session/privilege.ts";
import styles from "./notifications.module.css";

const PARTS = [
  { to: "/notifications", word: "Inbox" },
  { to: "/notifications/targets", word: "Targets" },
  { to: "/notifications/groups", word: "Groups" },
  { to: "/notifications/rules", word: "Rules" },
  { to: "/notifications/deliveries", word: "Deliveries" },
] as const;

export function NotificationsPage() {
  const whoami = useWhoami();
  const maySee = whoami !== undefined && isAllowedSomewhere(whoami, "notification.read");
  return (
    <>
      <PageHead title="Notifications" />
      {maySee && (
        <nav className={styles["tabs"]} aria-label="Parts of notifications">
          {PARTS.map(({ to, word }) => (
            <Link
              key={to}
              to={to}
              className={styles["tab"]}
              activeOptions={{ exact: to === "/notifications", includeSearch: false }}
            >
              {word}
            </Link>
          ))}
        </nav>
      )}
      <Outlet />
    </>
  );
}
