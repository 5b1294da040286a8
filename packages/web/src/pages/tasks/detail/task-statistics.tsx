/** The numbers of one task; of a verify, the verdict of every snapshot. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { SnapshotVerification, TaskStatistics } from "@ironcore-backup/protocol/calls";
import { Mark } from "../../../parts/mark.tsx";
import type { MarkWords } from "../../../parts/mark.tsx";
import { countOf } from "../../../parts/stage-text.ts";
import { backupRows, drillRows, gcRows, pruneRows, restoreRows, verifyRows } from "./statistic-rows.ts";
import type { StatisticRow } from "./statistic-rows.ts";
import { CoverageMap } from "./coverage-map.tsx";
import { Part } from "./part.tsx";
import styles from "./detail.module.css";

/** More snapshots than these are shown when somebody asks for them. */
const SNAPSHOT_SHOWN_MAX = 20;
const FINDING_SHOWN_MAX = 5;

export function TaskStatisticsPart({ statistics }: { readonly statistics: TaskStatistics }) {
  switch (statistics.kind) {
    case "backup":
      return (
        <Part title="Statistics">
          <Rows rows={backupRows(statistics.backup)} />
        </Part>
      );
    case "restore":
      return (
        <Part title="Statistics">
          <Rows rows={restoreRows(statistics.restore)} />
        </Part>
      );
    case "verify":
      return (
        <>
          {statistics.verify.coverage !== undefined && (
            <Part title="Coverage">
              <CoverageMap coverage={statistics.verify.coverage} />
            </Part>
          )}
          <Part title="Snapshots">
            <SnapshotList snapshots={statistics.verify.snapshots} />
          </Part>
          <Part title="Statistics">
            <Rows rows={verifyRows(statistics.verify)} />
          </Part>
        </>
      );
    case "prune":
      return (
        <Part title="Statistics">
          <Rows rows={pruneRows(statistics.prune)} />
        </Part>
      );
    case "gc":
      return (
        <Part title="Statistics">
          <Rows rows={gcRows(statistics.gc)} />
        </Part>
      );
    case "drill":
      return (
        <Part title="Evidence">
          <Rows rows={drillRows(statistics.drill)} />
        </Part>
      );
  }
}

function Rows({ rows }: { readonly rows: readonly StatisticRow[] }) {
  return (
    <dl className={styles["numbers"]}>
      {rows.map(({ name, value, meaning }) => (
        <div key={name} title={meaning}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const RESULT_MARKS: Readonly<Record<SnapshotVerification["result"], MarkWords>> = {
  OK: { tone: "ok", icon: "ok", word: "OK", rule: "Every chunk is there and is what its name says" },
  CORRUPT: {
    tone: "failed",
    icon: "failed",
    word: "CORRUPT",
    rule: "Something that is stored is not what it was when it was stored",
  },
  MISSING: {
    tone: "failed",
    icon: "warning",
    word: "MISSING",
    rule: "Something that the snapshot is made of is not there",
  },
};

/** What is not well first. */
function SnapshotList({ snapshots }: { readonly snapshots: readonly SnapshotVerification[] }) {
  const [showsAll, setShowsAll] = useState(false);
  const sorted = [...snapshots].sort((a, b) => Number(a.result === "OK") - Number(b.result === "OK"));
  const shown = showsAll ? sorted : sorted.slice(0, SNAPSHOT_SHOWN_MAX);
  const hiddenCount = sorted.length - shown.length;
  return (
    <>
      <ul className={styles["snapshots"]}>
        {shown.map((snapshot) => (
          <Snapshot key={snapshot.snapshot} snapshot={snapshot} />
        ))}
      </ul>
      {hiddenCount > 0 && (
        <Button variant="subtle" onClick={() => setShowsAll(true)}>
          {countOf(hiddenCount, "more snapshot")}
        </Button>
      )}
    </>
  );
}

function Snapshot({ snapshot }: { readonly snapshot: SnapshotVerification }) {
  const { result, durationMs, chunkCount, readBytes, checksumOnlyChunkCount, findings, findingCount } =
    snapshot;
  const shown = findings.slice(0, FINDING_SHOWN_MAX);
  return (
    <li>
      <div className={styles["snapshotHead"]}>
        <Mark {...RESULT_MARKS[result]} />
        <span className={styles["snapshotName"]}>{snapshot.snapshot}</span>
        <span className="quiet nowrap">
          {countOf(chunkCount, "chunk")}, {formatSize(readBytes)}, {formatDuration(durationMs)}
        </span>
      </div>
      {checksumOnlyChunkCount > 0 && (
        <p className="quiet">
          Of {countOf(checksumOnlyChunkCount, "encrypted chunk")} only the checksum was compared: no key was
          at hand, and nothing was written down when they were stored
        </p>
      )}
      {shown.map((finding) => (
        <p
          key={`${finding.archive} ${finding.digest ?? ""} ${finding.reason}`}
          className={styles["snapshotFinding"]}
        >
          {finding.archive}: {finding.reason}
          {finding.digest !== undefined && <code> {finding.digest.slice(0, 16)}…</code>}
        </p>
      ))}
      {findingCount > shown.length && (
        <p className="quiet">and {countOf(findingCount - shown.length, "more finding")}, in the log</p>
      )}
    </li>
  );
}
