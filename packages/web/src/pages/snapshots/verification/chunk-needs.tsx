/** What is lost with a damaged chunk: files of this snapshot, and every snapshot that needs it. Looked up when it is asked for. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { formatSize } from "@ironcore-backup/base";
import type { ChunkArchive, ChunkFiles, ChunkUses } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { chunkFilesQuery, chunkUsesQuery } from "../../../session/datastore-query.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import styles from "./verification.module.css";

const SHOWN_MAX = 20;

export interface ChunkNeedsProps {
  readonly datastore: string;
  readonly snapshot: string;
  readonly digest: string;
}

export function ChunkNeeds({ datastore, snapshot, digest }: ChunkNeedsProps) {
  const { client } = useNeeds();
  const [isAsked, setAsked] = useState(false);
  const files = useQuery({ ...chunkFilesQuery(client, { datastore, snapshot }, digest), enabled: isAsked });
  const uses = useQuery({ ...chunkUsesQuery(client, datastore, digest), enabled: isAsked });
  if (!isAsked)
    return (
      <Button variant="subtle" size="compact-xs" className={styles["ask"]} onClick={() => setAsked(true)}>
        {t("snapshots.needs.ask")}
      </Button>
    );
  return (
    <div className={styles["needs"]}>
      {files.isPending && <p className="quiet">{t("snapshots.needs.archive")}</p>}
      {files.error !== null && <ErrorCard error={files.error} onRetry={() => void files.refetch()} />}
      {files.data !== undefined && <Files found={files.data} />}
      {uses.isPending && <p className="quiet">{t("snapshots.needs.all")}</p>}
      {uses.error !== null && <ErrorCard error={uses.error} onRetry={() => void uses.refetch()} />}
      {uses.data !== undefined && <Uses found={uses.data} own={snapshot} />}
    </div>
  );
}

function Files({ found: { archives } }: { readonly found: ChunkFiles }) {
  if (archives.length === 0) return <p>{t("snapshots.needs.notHere")}</p>;
  return archives.map((archive) => <ArchiveFiles key={archive.archive} archive={archive} />);
}

function ArchiveFiles({ archive }: { readonly archive: ChunkArchive }) {
  const { files, fileCount, lostBytes, incompleteBecause } = archive;
  const shown = files.slice(0, SHOWN_MAX);
  return (
    <div>
      <p>
        {fileCount === 0
          ? t("snapshots.needs.lost", { size: formatSize(lostBytes), archive: archive.archive })
          : t("snapshots.needs.lostFiles", {
              size: formatSize(lostBytes),
              archive: archive.archive,
              files: t("common.count.file", { count: fileCount }),
            })}
      </p>
      <ul>
        {shown.map(({ path, sizeBytes }) => (
          <li key={path}>
            {path}
            {sizeBytes !== undefined && <span className="quiet"> {formatSize(sizeBytes)}</span>}
          </li>
        ))}
      </ul>
      {fileCount > shown.length && (
        <p className="quiet">{t("snapshots.needs.moreFiles", { count: fileCount - shown.length })}</p>
      )}
      {incompleteBecause !== undefined && (
        <p className="quiet">{t("snapshots.needs.mayBeMore", { why: incompleteBecause })}</p>
      )}
    </div>
  );
}

function Uses({ found, own }: { readonly found: ChunkUses; readonly own: string }) {
  const others = [...new Set(found.uses.map(({ snapshot }) => snapshot))].filter((name) => name !== own);
  const shown = others.slice(0, SHOWN_MAX);
  const otherCount = Math.max(found.snapshotCount - 1, others.length);
  return (
    <div>
      <p>{usesWords(otherCount, found.storedBytes !== undefined)}</p>
      <ul>
        {shown.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      {otherCount > shown.length && (
        <p className="quiet">{t("snapshots.needs.moreSnapshots", { count: otherCount - shown.length })}</p>
      )}
      {found.unreadableCount > 0 && (
        <p className="quiet">{t("snapshots.needs.unreadable", { count: found.unreadableCount })}</p>
      )}
      {found.incompleteBecause !== undefined && <p className="quiet">{found.incompleteBecause}.</p>}
    </div>
  );
}

function usesWords(count: number, isThere: boolean): string {
  if (count === 0) return isThere ? t("snapshots.needs.noOther") : t("snapshots.needs.noOtherGone");
  return isThere ? t("snapshots.needs.others", { count }) : t("snapshots.needs.othersGone", { count });
}
