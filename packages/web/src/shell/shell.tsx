/** The frame around every page: navigation at the left (behind a button on narrow screens), the state of things on top. */

import { useEffect, useRef, useState } from "react";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { ActionIcon, Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Privilege } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import { useNeeds, useWhoami } from "../session/needs.tsx";
import { isAllowed } from "../session/privilege.ts";
import { statusQuery } from "../session/query.ts";
import { t } from "../texts/texts.ts";
import { Brand } from "./brand.tsx";
import { ContactSign } from "./contact-sign.tsx";
import { InboxBell } from "./inbox-bell.tsx";
import { KeysProvider, useKeys } from "./keys.tsx";
import { RunningCounter } from "./running-counter.tsx";
import { focusSearch } from "./search-field.ts";
import { UserMenu } from "./user-menu.tsx";
import styles from "./shell.module.css";

const CONTENT_ID = "content";

const PLACES = [
  { to: "/", key: "d", word: "shell.place.dashboard", icon: "dashboard" },
  { to: "/tasks", key: "t", word: "shell.place.tasks", icon: "tasks" },
  { to: "/workloads", key: "l", word: "shell.place.workloads", icon: "workloads" },
  { to: "/jobs", key: "j", word: "shell.place.jobs", icon: "jobs" },
  { to: "/calendar", key: "c", word: "shell.place.calendar", icon: "calendar" },
  { to: "/snapshots", key: "s", word: "shell.place.snapshots", icon: "snapshots" },
  { to: "/datastores", key: "a", word: "shell.place.datastores", icon: "datastore" },
  { to: "/prune-simulator", key: "p", word: "shell.place.pruneSimulator", icon: "prune" },
  { to: "/notifications", key: "n", word: "shell.place.notifications", icon: "bell" },
  { to: "/statistics", key: "i", word: "shell.place.statistics", icon: "statistics" },
  { to: "/workers", key: "w", word: "shell.place.workers", icon: "workers" },
  { to: "/audit", key: "u", word: "shell.place.audit", icon: "shield" },
  { to: "/settings", key: "e", word: "shell.place.settings", icon: "settings" },
] as const satisfies readonly { to: string; key: string; word: string; icon: IconName }[];

/** Pages that show nothing to who may not ask for it. */
const NEEDED: Readonly<Partial<Record<string, Privilege>>> = {
  "/audit": "audit.read",
  "/settings": "status.read",
};

export function Shell() {
  return (
    <KeysProvider>
      <a className={styles["skip"]} href={`#${CONTENT_ID}`}>
        {t("shell.skip")}
      </a>
      <div className={styles["shell"]}>
        <div className={styles["rail"]}>
          <Brand className={styles["brand"]} />
          <Navigation />
          <Version />
        </div>
        <Header />
        <Content />
      </div>
    </KeysProvider>
  );
}

function Header() {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const close = (): void => setMenuOpen(false);
  return (
    <header className={styles["header"]}>
      <ActionIcon
        className={styles["burger"]}
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t("shell.navigation")}
        aria-expanded={isMenuOpen}
        onClick={() => setMenuOpen(true)}
      >
        <Icon name="menu" />
      </ActionIcon>
      <Brand className={`${styles["brand"]} ${styles["headerBrand"]}`} short />
      <div className={styles["spring"]} />
      <ContactSign />
      <RunningCounter />
      <InboxBell />
      <UserMenu />
      <Drawer opened={isMenuOpen} onClose={close} size="xs" title="Ironcore Backup">
        <Navigation onGo={close} />
        <Version />
      </Drawer>
    </header>
  );
}

function Navigation({ onGo }: { readonly onGo?: () => void }) {
  const navigate = useNavigate();
  const whoami = useWhoami();
  const places = PLACES.filter(({ to }) => {
    const needed = NEEDED[to];
    return needed === undefined || (whoami !== undefined && isAllowed(whoami, needed));
  });
  useKeys([
    ...places.map(({ to, key, word }) => ({
      keys: `g ${key}`,
      does: t("shell.keys.goTo", { page: t(word) }),
      run: () => void navigate({ to }),
    })),
    { keys: "/", does: t("shell.keys.search"), run: () => focusSearch(() => navigate({ to: "/tasks" })) },
  ]);
  return (
    <nav className={styles["nav"]} aria-label={t("shell.pages")}>
      {places.map(({ to, word, icon }) => (
        <Link
          key={to}
          to={to}
          className={styles["link"]}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          {...(onGo === undefined ? {} : { onClick: onGo })}
        >
          <Icon name={icon} />
          {t(word)}
        </Link>
      ))}
    </nav>
  );
}

function Version() {
  const { client } = useNeeds();
  const { data: status } = useQuery(statusQuery(client));
  return (
    <p className={styles["railFoot"]}>
      {status !== undefined && t("shell.version", { node: status.node, version: status.version })}
    </p>
  );
}

/** Takes the focus when another page comes, so that a reader of the screen is read the new one. */
function Content() {
  const main = useRef<HTMLElement>(null);
  const page = useLocation({ select: ({ pathname }) => pathname.split("/")[1] });
  const shown = useRef(page);
  useEffect(() => {
    if (shown.current === page) return;
    shown.current = page;
    main.current?.focus({ preventScroll: true });
  }, [page]);
  return (
    <main id={CONTENT_ID} ref={main} tabIndex={-1} className={styles["main"]}>
      <div className={styles["page"]}>
        <Outlet />
      </div>
    </main>
  );
}
