/** One directory of an archive. Rows are walked by arrows; Enter goes into a directory, Backspace out of it. */

import { useMemo } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatSize } from "@ironcore-backup/base";
import type { SnapshotEntry, SnapshotEntryPage } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import type { IconName } from "../../../look/icon.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { formatAbsoluteWithZone, formatMinute } from "../../../parts/instant-text.ts";
import { useRowWalk } from "../../../parts/row-walk.ts";
import { useMay, useNeeds } from "../../../session/needs.tsx";
import { entriesQuery } from "../../../session/datastore-query.ts";
import { withoutAbsent } from "../../../parts/search-words.ts";
import { t } from "../../../texts/texts.ts";
import type { ContentsProps } from "./contents-tab.tsx";
import { useMayRestore } from "../restore/may-restore.ts";
import { PickBox, PickedActions, usePick } from "./pick.tsx";
import { DirectoryDownload, FileDownload } from "./download-link.tsx";
import { FileVersionsButton } from "./file-versions-dialog.tsx";
import { formatMode } from "./entry-text.ts";
import { joinPath, parentPath, pathSteps } from "./entry-path.ts";
import styles from "./contents.module.css";

export interface DirectoryProps extends ContentsProps {
  readonly archive: string;
}

export function DirectoryView(props: DirectoryProps) {
  const { datastore, snapshot, address, archive } = props;
  const { client } = useNeeds();
  const directory = address.search.dir ?? "/";
  const place = { datastore, snapshot: snapshot.snapshot, archive, directory };
  const { data, error, refetch, isPlaceholderData, ...more } = useInfiniteQuery({
    ...entriesQuery(client, place),
    placeholderData: keepPreviousData,
  });
  const entries = useMemo(() => shownEntries(data?.pages), [data]);
  const entryCount = data?.pages[0]?.entryCount ?? -1;
  // It gives contents away, as a restore does.
  const mayFetch = useMay("snapshot.restore", { datastore, namespace: snapshot.namespace });
  const mayRestore = useMayRestore(datastore, snapshot.namespace);
  const pick = usePick();
  const walk = useRowWalk<HTMLUListElement>();
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Backspace" && directory !== "/") {
      event.preventDefault();
      const above = parentPath(directory);
      address.change({ archive, dir: above === "/" ? undefined : above });
    } else walk.onKeyDown(event);
  };
  return (
    <section
      className={styles["directory"]}
      aria-label={t("snapshots.contents.directory")}
      aria-busy={isPlaceholderData}
    >
      <Path
        {...props}
        directory={directory}
        actions={
          <>
            {mayRestore && <PickedActions {...props} pick={pick} />}
            {mayFetch && error === null && <DirectoryDownload place={place} />}
          </>
        }
      />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {entryCount === 0 && <p className={styles["nothing"]}>{t("snapshots.contents.empty")}</p>}
      <ul className={styles["entries"]} data-picking={mayRestore} ref={walk.ref} onKeyDown={onKeyDown}>
        {error === null &&
          entries.map((entry) => (
            <li key={entry.name} className={styles["line"]}>
              {mayRestore && <PickBox pick={pick} directory={directory} entry={entry} />}
              <EntryRow {...props} directory={directory} entry={entry} />
              {entry.kind !== "directory" && <FileVersionsButton place={place} name={entry.name} />}
              {mayFetch && <FileDownload place={place} entry={entry} />}
            </li>
          ))}
      </ul>
      {more.hasNextPage && (
        <p className={styles["nothing"]}>
          <Button
            variant="default"
            loading={more.isFetchingNextPage}
            onClick={() => void more.fetchNextPage()}
          >
            {t("snapshots.contents.more", { count: entryCount - entries.length })}
          </Button>
        </p>
      )}
    </section>
  );
}

/** Directories first, where all of it is here; what is added page by page stays in the order of its names. */
function shownEntries(pages: readonly SnapshotEntryPage[] | undefined): readonly SnapshotEntry[] {
  const entries = pages?.flatMap((page) => page.entries) ?? [];
  return pages?.[0]?.nextCursor === undefined ? entries.toSorted(directoriesFirst) : entries;
}

function directoriesFirst(a: SnapshotEntry, b: SnapshotEntry): number {
  const order = Number(b.kind === "directory") - Number(a.kind === "directory");
  return order === 0 ? a.name.localeCompare(b.name) : order;
}

function Path({
  datastore,
  snapshot,
  archive,
  directory,
  actions,
}: DirectoryProps & { readonly directory: string; readonly actions: ReactNode }) {
  const steps = [{ name: archive, path: "/" }, ...pathSteps(directory)];
  return (
    <nav className={styles["path"]} aria-label={t("snapshots.contents.path")}>
      {steps.map(({ name, path }, at) => (
        <span key={path}>
          {at > 0 && <span className="quiet"> / </span>}
          {at === steps.length - 1 ? (
            <b>{name}</b>
          ) : (
            <Link
              to="/snapshots/$datastore/$"
              params={{ datastore, _splat: snapshot.snapshot }}
              search={withoutAbsent({ archive, dir: path === "/" ? undefined : path })}
            >
              {name}
            </Link>
          )}
        </span>
      ))}
      <span className={styles["pathActions"]}>{actions}</span>
    </nav>
  );
}

const ENTRY_ICONS: Readonly<Record<SnapshotEntry["kind"], IconName>> = {
  directory: "folder",
  file: "file",
  hardlink: "file",
  symlink: "link",
  "block-device": "device",
  "character-device": "device",
  fifo: "drain",
  socket: "drain",
};

function EntryRow({
  datastore,
  snapshot,
  archive,
  directory,
  entry,
}: DirectoryProps & { readonly directory: string; readonly entry: SnapshotEntry }) {
  const { name, kind } = entry;
  const inside = <EntryCells entry={entry} />;
  if (kind !== "directory") {
    return (
      <div className={styles["entry"]} tabIndex={-1} data-walk={name}>
        {inside}
      </div>
    );
  }
  return (
    <Link
      to="/snapshots/$datastore/$"
      params={{ datastore, _splat: snapshot.snapshot }}
      search={{ archive, dir: joinPath(directory, name) }}
      className={styles["entry"]}
      data-walk={name}
    >
      {inside}
    </Link>
  );
}

function EntryCells({ entry }: { readonly entry: SnapshotEntry }) {
  const { name, kind, sizeBytes, modifiedAt, linkTarget, uid, gid } = entry;
  return (
    <>
      <Icon name={ENTRY_ICONS[kind]} size={15} />
      <span className={styles["name"]}>
        {name}
        {linkTarget !== undefined && <span className="quiet"> → {linkTarget}</span>}
      </span>
      <span className={`number ${styles["entrySize"]}`}>
        {sizeBytes !== undefined && kind === "file" && formatSize(sizeBytes)}
      </span>
      <time
        className={styles["modified"]}
        dateTime={new Date(modifiedAt).toISOString()}
        title={formatAbsoluteWithZone(modifiedAt)}
      >
        {formatMinute(modifiedAt)}
      </time>
      <code className={styles["mode"]} title={t("snapshots.contents.owner", { uid, gid })}>
        {formatMode(entry)}
      </code>
    </>
  );
}
