/** One snapshot on the timeline. */

import { memo } from "react";
import { Link } from "@tanstack/react-router";
import { formatSize } from "@ironcore-backup/base";
import type { PlannedSnapshot, Retention, Snapshot } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { formatAbsoluteWithZone, formatMinute } from "../../../parts/instant-text.ts";
import { decisionWord } from "../../../parts/retention-text.ts";
import { t } from "../../../texts/texts.ts";
import type { SnapshotSearch } from "../snapshot-search.ts";
import { snapshotMark } from "./snapshot-signs.ts";
import { weekdayOf } from "./weekday.ts";
import styles from "./group.module.css";

export interface SnapshotRowProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
  /** What the next prune does with it; absent while that is not known. */
  readonly decision: PlannedSnapshot | undefined;
  readonly retention: Retention | undefined;
  /** What nothing else uses; absent until somebody asked for it. */
  readonly ownBytes: number | undefined;
  readonly isOpen: boolean;
  /** The part of a snapshot that is looked at, which stays from one to the next. */
  readonly tab: SnapshotSearch["tab"];
}

export const SnapshotRow = memo(function SnapshotRow({
  datastore,
  snapshot,
  decision,
  retention,
  ownBytes,
  isOpen,
  tab,
}: SnapshotRowProps) {
  const { backupTime, sizeBytes } = snapshot;
  const mark = snapshotMark(snapshot);
  const at = backupTime * 1000;
  return (
    <Link
      to="/snapshots/$datastore/$"
      params={{ datastore, _splat: snapshot.snapshot }}
      search={tab === undefined ? {} : { tab }}
      replace={isOpen}
      className={styles["snapshot"]}
      data-walk={snapshot.snapshot}
      data-damaged={mark.tone === "failed"}
      aria-current={isOpen ? "true" : undefined}
    >
      <span className={styles["sign"]} data-tone={mark.tone} title={mark.rule}>
        <Icon name={mark.icon} size={14} />
      </span>
      <time
        className={styles["when"]}
        dateTime={new Date(at).toISOString()}
        title={formatAbsoluteWithZone(at)}
      >
        <span>{weekdayOf(at, "short")}</span> {formatMinute(at)}
      </time>
      <Tags snapshot={snapshot} decision={decision} retention={retention} />
      <span
        className={styles["size"]}
        title={
          ownBytes === undefined ? undefined : t("snapshots.row.ownRule", { size: formatSize(ownBytes) })
        }
      >
        {sizeBytes !== undefined && formatSize(sizeBytes)}
        {ownBytes !== undefined && (
          <span className="quiet"> {t("snapshots.row.own", { size: formatSize(ownBytes) })}</span>
        )}
      </span>
    </Link>
  );
});

function Tags({
  snapshot,
  decision,
  retention,
}: Pick<SnapshotRowProps, "snapshot" | "decision" | "retention">) {
  const { keyFingerprint, notes } = snapshot;
  const mark = snapshotMark(snapshot);
  return (
    <span className={styles["tags"]}>
      <span
        className={styles["tag"]}
        data-tone={mark.tone === "failed" ? "failed" : mark.tone === "warning" ? "warning" : "plain"}
        title={mark.rule}
      >
        {mark.word}
      </span>
      {snapshot.protected && (
        <span className={styles["tag"]} title={t("snapshots.head.protectedRule")}>
          <Icon name="shield" size={12} />
          {t("snapshots.head.protected")}
        </span>
      )}
      {keyFingerprint !== undefined && (
        <span
          className={styles["tag"]}
          data-tone="plain"
          title={t("snapshots.row.encryptedRule", { key: keyFingerprint })}
        >
          <Icon name="lock" size={12} />
          <span className="hidden-visually">{t("snapshots.head.encrypted")}</span>
        </span>
      )}
      {decision !== undefined && <DecisionTag decision={decision} retention={retention} />}
      {notes !== undefined && notes !== "" && (
        <span className={styles["tag"]} data-tone="plain" title={notes}>
          <Icon name="pencil" size={12} />
          <span className="hidden-visually">{t("snapshots.row.hasNotes")}</span>
        </span>
      )}
    </span>
  );
}

/** What is already said by another tag, or is true of all, is not said again. */
const SAID_ELSEWHERE: readonly PlannedSnapshot["reason"][] = [
  "no-retention",
  "protected",
  "running",
  "unfinished",
  "damaged",
];

function DecisionTag({
  decision,
  retention,
}: {
  readonly decision: PlannedSnapshot;
  readonly retention: Retention | undefined;
}) {
  const { action, reason, message } = decision;
  if (SAID_ELSEWHERE.includes(reason)) return null;
  return (
    <span className={styles["tag"]} data-tone={action === "remove" ? "warning" : undefined} title={message}>
      {action === "remove" && <Icon name="prune" size={12} />}
      {action === "remove" ? t("snapshots.row.goes") : decisionWord(decision, retention)}
    </span>
  );
}
