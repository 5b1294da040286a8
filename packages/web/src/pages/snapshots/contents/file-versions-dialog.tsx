/** First the file, then the version: every snapshot of the group that has it, and where it is another. */

import { useState } from "react";
import { ActionIcon, Button, Modal } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatSize, parseSnapshotRef } from "@ironcore-backup/base";
import type { Snapshot } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { formatMinute } from "../../../parts/instant-text.ts";
import { withoutAbsent } from "../../../parts/search-words.ts";
import { groupSnapshotsQuery } from "../../../session/datastore-query.ts";
import type { DirectoryPlace } from "../../../session/datastore-query.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import { joinPath } from "./entry-path.ts";
import { differenceOf, fileVersionsQuery } from "./file-versions.ts";
import type { FileVersion } from "./file-versions.ts";
import styles from "./contents.module.css";

export interface FileVersionsProps {
  readonly place: DirectoryPlace;
  readonly name: string;
}

export function FileVersionsButton(props: FileVersionsProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <ActionIcon
        className={styles["versions"]}
        variant="subtle"
        color="gray"
        aria-label={t("snapshots.versions.of", { name: props.name })}
        title={t("snapshots.versions.rule")}
        onClick={() => setOpen(true)}
      >
        <Icon name="stale" size={14} />
      </ActionIcon>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={t("snapshots.versions.of", { name: props.name })}
        size="lg"
      >
        {isOpen && <FoundVersions {...props} onLeave={() => setOpen(false)} />}
      </Modal>
    </>
  );
}

function FoundVersions({ place, name, onLeave }: FileVersionsProps & { readonly onLeave: () => void }) {
  const { client } = useNeeds();
  const group = { datastore: place.datastore, ...parseSnapshotRef(place.snapshot) };
  const { data: listed } = useQuery(groupSnapshotsQuery(client, group));
  const snapshots = listed?.filter(({ finished }) => finished) ?? [];
  const { datastore, archive, directory } = place;
  const { data, error, refetch, ...more } = useInfiniteQuery({
    ...fileVersionsQuery(client, { datastore, archive, directory, name }, snapshots),
    enabled: listed !== undefined,
  });
  const versions = data?.pages.flat() ?? [];
  const leftCount = snapshots.length - versions.length;
  return (
    <div className={styles["versionList"]}>
      <p className="quiet">{joinPath(directory, name)}</p>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <p role="status">{t("snapshots.versions.looking")}</p>}
      <ul aria-label={t("snapshots.versions.of", { name })}>
        {versions.map((version, at) => (
          <li key={version.snapshot.snapshot} data-state={version.state}>
            <VersionLink place={place} snapshot={version.snapshot} onLeave={onLeave} />
            <span>{wordsOf(version, versions[at + 1])}</span>
            <span className="number quiet">
              {version.entry?.sizeBytes !== undefined && formatSize(version.entry.sizeBytes)}
            </span>
          </li>
        ))}
      </ul>
      {more.hasNextPage && (
        <Button variant="default" loading={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()}>
          {t("snapshots.versions.older", { count: leftCount })}
        </Button>
      )}
    </div>
  );
}

function VersionLink({
  place: { datastore, archive, directory, snapshot: here },
  snapshot: { snapshot, backupTime },
  onLeave,
}: {
  readonly place: DirectoryPlace;
  readonly snapshot: Snapshot;
  readonly onLeave: () => void;
}) {
  return (
    <Link
      to="/snapshots/$datastore/$"
      params={{ datastore, _splat: snapshot }}
      search={withoutAbsent({ archive, dir: directory === "/" ? undefined : directory })}
      onClick={onLeave}
      aria-current={snapshot === here ? "true" : undefined}
    >
      {formatMinute(backupTime * 1000)}
    </Link>
  );
}

const DIFFERENCES = {
  same: "snapshots.versions.same",
  changed: "snapshots.versions.changed",
  added: "snapshots.versions.added",
} as const;

function wordsOf(version: FileVersion, older: FileVersion | undefined): string {
  if (version.state === "absent") return t("snapshots.versions.absent");
  if (version.entry === undefined) return t("snapshots.versions.unknown");
  const difference = differenceOf(version, older);
  const values = { when: formatMinute(version.entry.modifiedAt) };
  return difference === undefined
    ? t("snapshots.versions.there", values)
    : t(DIFFERENCES[difference], values);
}
