/** What was added, removed and changed in the snapshot since an earlier one of its group, page by page. */

import { useState } from "react";
import { Button, NativeSelect } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { formatSize, parseSnapshotRef } from "@ironcore-backup/base";
import type { Snapshot, SnapshotChange } from "@ironcore-backup/protocol/calls";
import { CommandLine, EmptyState } from "../../../parts/empty-state.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { formatMinute } from "../../../parts/instant-text.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { changesQuery, groupSnapshotsQuery } from "../../../session/datastore-query.ts";
import { t } from "../../../texts/texts.ts";
import { listArchives } from "../contents/archive-list.ts";
import styles from "./changes.module.css";

export interface ChangesProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
}

export function ChangesTab({ datastore, snapshot }: ChangesProps) {
  const { client } = useNeeds();
  const place = { datastore, ...parseSnapshotRef(snapshot.snapshot) };
  const { data } = useQuery(groupSnapshotsQuery(client, place));
  const others = (data ?? []).filter((one) => one.finished && one.snapshot !== snapshot.snapshot);
  const trees = listArchives(snapshot.files).filter(
    (one) => one.kind === "tree" && one.cryptMode !== "encrypt",
  );
  const before = others.find(({ backupTime }) => backupTime < snapshot.backupTime) ?? others[0];
  const [chosen, setChosen] = useState<string>();
  const [archive, setArchive] = useState(trees[0]?.name ?? "");
  const since = chosen ?? before?.snapshot;
  if (trees.length === 0) return <EmptyState>{t("snapshots.changes.noTree")}</EmptyState>;
  if (data === undefined) return null;
  if (since === undefined) return <EmptyState>{t("snapshots.changes.only")}</EmptyState>;
  return (
    <>
      <div className={styles["question"]}>
        <NativeSelect
          label={t("snapshots.changes.since")}
          value={since}
          data={others.map((one) => ({
            value: one.snapshot,
            label: formatMinute(one.backupTime * 1000),
          }))}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
        {trees.length > 1 && (
          <NativeSelect
            label={t("snapshots.changes.archive")}
            value={archive}
            data={trees.map(({ name }) => name)}
            onChange={(event) => setArchive(event.currentTarget.value)}
          />
        )}
      </div>
      <Changes
        key={`${since} ${archive}`}
        datastore={datastore}
        snapshot={snapshot.snapshot}
        since={since}
        archive={archive}
      />
    </>
  );
}

function Changes(props: {
  readonly datastore: string;
  readonly snapshot: string;
  readonly since: string;
  readonly archive: string;
}) {
  const { client } = useNeeds();
  const { data, error, refetch, ...more } = useInfiniteQuery(changesQuery(client, props));
  const { datastore, snapshot, since } = props;
  if (error !== null) return <ErrorCard error={error} onRetry={() => void refetch()} />;
  if (data === undefined)
    return (
      <p className={styles["words"]} role="status">
        {t("snapshots.changes.comparing")}
      </p>
    );
  const changes = data.pages.flatMap((page) => page.changes);
  return (
    <section aria-label={t("snapshots.changes.title")}>
      {changes.length === 0 && !more.hasNextPage && (
        <p className={styles["words"]}>{t("snapshots.changes.nothing")}</p>
      )}
      <ul>
        {changes.map((row) => (
          <li key={row.path} className={styles["row"]} data-change={row.change}>
            <span className={styles["sign"]} title={t(WORDS[row.change])}>
              <span aria-hidden="true">{SIGNS[row.change]}</span>
              <span className="hidden-visually">{t(WORDS[row.change])}</span>
            </span>
            <span className={styles["path"]}>
              {row.path}
              {row.kind === "directory" && "/"}
              {row.parts !== undefined && <span className="quiet"> {partsText(row)}</span>}
            </span>
            <span className={`number ${styles["size"]}`}>{sizeText(row)}</span>
          </li>
        ))}
      </ul>
      {more.hasNextPage && (
        <p className={styles["words"]}>
          <Button
            variant="default"
            loading={more.isFetchingNextPage}
            onClick={() => void more.fetchNextPage()}
          >
            {t("snapshots.changes.further")}
          </Button>
        </p>
      )}
      <div className={styles["words"]}>
        <CommandLine
          command={`ironcore-backup snapshot diff ${datastore}:${snapshot} ${since.slice(since.lastIndexOf("/") + 1)}`}
        />
      </div>
    </section>
  );
}

const SIGNS: Readonly<Record<SnapshotChange["change"], string>> = { added: "+", removed: "−", changed: "~" };

const WORDS = {
  added: "snapshots.changes.added",
  removed: "snapshots.changes.removed",
  changed: "snapshots.changes.changed",
} as const;

function partsText({ parts = [], contentNotCompared }: SnapshotChange): string {
  const words = parts.join(", ");
  return contentNotCompared === true ? t("snapshots.changes.notCompared", { parts: words }) : words;
}

function sizeText({ sizeBefore, sizeAfter }: SnapshotChange): string {
  if (sizeBefore !== undefined && sizeAfter !== undefined && sizeBefore !== sizeAfter)
    return `${formatSize(sizeBefore)} → ${formatSize(sizeAfter)}`;
  const size = sizeAfter ?? sizeBefore;
  return size === undefined ? "" : formatSize(size);
}
