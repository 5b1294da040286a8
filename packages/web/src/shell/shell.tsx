/** The frame around every page: navigation at the left (behind a button on narrow screens), the state of things on top. */

import { useEffect, useRef, useState } from "react";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { ActionIcon, Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import { useNeeds } from "../session/needs.tsx";
import { statusQuery } from "../session/query.ts";
import { Brand } from "./brand.tsx";
import { ContactSign } from "./contact-sign.tsx";
import { KeysProvider, useKeys } from "./keys.tsx";
import { RunningCounter } from "./running-counter.tsx";
import { focusSearch } from "./search-field.ts";
import { UserMenu } from "./user-menu.tsx";
import styles from "./shell.module.css";

const CONTENT_ID = "content";

const PLACES = [
  { to: "/", key: "d", word: "Dashboard", icon: "dashboard" },
  { to: "/tasks", key: "t", word: "Tasks", icon: "tasks" },
  { to: "/workloads", key: "l", word: "Workloads", icon: "workloads" },
  { to: "/jobs", key: "j", word: "Jobs", icon: "jobs" },
  { to: "/calendar", key: "c", word: "Job Calendar", icon: "calendar" },
  { to: "/snapshots", key: "s", word: "Snapshots", icon: "snapshots" },
  { to: "/datastores", key: "a", word: "Datastores", icon: "datastore" },
  { to: "/prune-simulator", key: "p", word: "Prune Simulator", icon: "prune" },
  { to: "/statistics", key: "i", word: "Statistics", icon: "statistics" },
  { to: "/workers", key: "w", word: "Workers", icon: "workers" },
] as const satisfies readonly { to: string; key: string; word: string; icon: IconName }[];

export function Shell() {
  return (
    <KeysProvider>
      <a className={styles["skip"]} href={`#${CONTENT_ID}`}>
        Skip to content
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
        aria-label="Navigation"
        aria-expanded={isMenuOpen}
        onClick={() => setMenuOpen(true)}
      >
        <Icon name="menu" />
      </ActionIcon>
      <Brand className={`${styles["brand"]} ${styles["headerBrand"]}`} short />
      <div className={styles["spring"]} />
      <ContactSign />
      <RunningCounter />
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
  useKeys([
    ...PLACES.map(({ to, key, word }) => ({
      keys: `g ${key}`,
      does: `Go to ${word}`,
      run: () => void navigate({ to }),
    })),
    { keys: "/", does: "Search tasks", run: () => focusSearch(() => navigate({ to: "/tasks" })) },
  ]);
  return (
    <nav className={styles["nav"]} aria-label="Pages">
      {PLACES.map(({ to, word, icon }) => (
        <Link
          key={to}
          to={to}
          className={styles["link"]}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          {...(onGo === undefined ? {} : { onClick: onGo })}
        >
          <Icon name={icon} />
          {word}
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
      {status !== undefined && `${status.node} · version ${status.version}`}
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
