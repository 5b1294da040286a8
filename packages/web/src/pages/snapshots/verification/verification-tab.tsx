/** Whether the snapshot can be trusted: how its last verification ended, what was found, and every one before it. */

import { Link } from "@tanstack/react-router";
import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Snapshot, SnapshotShow, SnapshotVerification } from "@ironcore-backup/protocol/calls";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { Ago, When } from "../../../parts/instant.tsx";
import { Mark } from "../../../parts/mark.tsx";
import { StageBar, StageWords } from "../../../parts/stage-progress.tsx";
import { countOf, currentStage, formatCount } from "../../../parts/stage-text.ts";
import { TaskLink } from "../../../parts/task-link.tsx";
import { snapshotMark, verifyMark } from "../group/snapshot-signs.ts";
import { ChunkNeeds } from "./chunk-needs.tsx";
import { findingSentence } from "./finding-text.ts";
import { useActiveVerify } from "./verify-now.tsx";
import detail from "../detail/detail.module.css";
import styles from "./verification.module.css";

const FINDING_SHOWN_MAX = 20;

export function VerificationTab({
  datastore,
  show: { snapshot, verifications },
}: {
  readonly datastore: string;
  readonly show: SnapshotShow;
}) {
  const newestFirst = [...verifications].sort((a, b) => b.startedAt - a.startedAt);
  return (
    <div className={detail["inner"]}>
      <LastResult snapshot={snapshot} report={newestFirst[0]} />
      <ActiveVerify datastore={datastore} snapshot={snapshot} />
      {newestFirst[0] !== undefined && (
        <Findings datastore={datastore} snapshot={snapshot.snapshot} report={newestFirst[0]} />
      )}
      {newestFirst.length > 0 && <History reports={newestFirst} />}
      <div>
        <h3>On the command line</h3>
        <CommandLine command={`ironcore-backup snapshot verify ${datastore}:${snapshot.snapshot} --wait`} />
      </div>
    </div>
  );
}

function LastResult({
  snapshot,
  report,
}: {
  readonly snapshot: Snapshot;
  readonly report: SnapshotVerification | undefined;
}) {
  const { verification } = snapshot;
  const mark = snapshotMark(snapshot);
  if (verification === undefined) {
    return (
      <p className={styles["last"]} data-tone="queued">
        <Mark {...mark} />
        <span>
          Nobody has read it again since it was written. A verification reads every chunk of it and compares.
        </span>
      </p>
    );
  }
  return (
    <div className={styles["last"]} data-tone={mark.tone}>
      <Mark {...mark} />
      <div>
        <p>{mark.rule}.</p>
        <p className="quiet">
          Verified <Ago at={verification.at} /> by {verification.verifier}
          {report !== undefined && `, in ${formatDuration(report.durationMs)}`}
          {" · "}
          <Link to="/tasks/$upid" params={{ upid: verification.upid }}>
            its task
          </Link>
        </p>
      </div>
    </div>
  );
}

function ActiveVerify({ datastore, snapshot }: { readonly datastore: string; readonly snapshot: Snapshot }) {
  const task = useActiveVerify({ datastore, snapshot });
  if (task === undefined) return null;
  const stage = currentStage(task);
  return (
    <div className={styles["active"]}>
      <p>
        {task.state === "queued" ? "Waits: " : "Runs: "}
        <TaskLink task={task} />
      </p>
      {stage !== undefined && (
        <>
          <StageBar stage={stage} />
          <StageWords stage={stage} />
        </>
      )}
    </div>
  );
}

function Findings({
  datastore,
  snapshot,
  report,
}: {
  readonly datastore: string;
  readonly snapshot: string;
  readonly report: SnapshotVerification;
}) {
  const { findings, findingCount } = report;
  if (findingCount === 0) return null;
  const shown = findings.slice(0, FINDING_SHOWN_MAX);
  return (
    <div>
      <h3>What was found</h3>
      <ul className={styles["findings"]}>
        {shown.map(({ kind, archive, digest, reason }) => (
          <li key={`${archive} ${digest ?? ""} ${reason}`} className={styles["finding"]}>
            <b>
              {kind} in {archive}
            </b>
            <span>{findingSentence(reason)}</span>
            {digest !== undefined && (
              <>
                <code>{digest}</code>
                <ChunkNeeds datastore={datastore} snapshot={snapshot} digest={digest} />
              </>
            )}
          </li>
        ))}
      </ul>
      {findingCount > shown.length && (
        <p className="quiet">and {countOf(findingCount - shown.length, "more finding")}, in the task's log</p>
      )}
      <p className={styles["advice"]}>
        The next backup of this group stores what is damaged anew. To restore now, take the newest snapshot
        that is OK.
      </p>
    </div>
  );
}

function History({ reports }: { readonly reports: readonly SnapshotVerification[] }) {
  return (
    <div className={styles["history"]}>
      <h3>History</h3>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Result</th>
            <th scope="col" className="number">
              Took
            </th>
            <th scope="col" className="number">
              Chunks
            </th>
            <th scope="col" className="number">
              Read
            </th>
          </tr>
        </thead>
        <tbody>
          {reports.map((report) => (
            <tr key={report.startedAt}>
              <td>
                <When at={report.startedAt} />
              </td>
              <td>
                <Mark {...verifyMark(report.result)} />
              </td>
              <td className="number">{formatDuration(report.durationMs)}</td>
              <td className="number" title={checksWords(report)}>
                {formatCount(report.chunkCount)}
                {report.checksumOnlyChunkCount > 0 && "*"}
              </td>
              <td className="number">{formatSize(report.readBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {reports.some(({ checksumOnlyChunkCount }) => checksumOnlyChunkCount > 0) && (
        <p className={styles["advice"]}>
          * Encrypted chunks without a key at hand, stored by something that wrote down nothing about them:
          only their checksum was compared. From now on they are compared byte for byte.
        </p>
      )}
    </div>
  );
}

function checksWords(report: SnapshotVerification): string {
  const { chunkCount, checksumOnlyChunkCount, storedDigestChunkCount = 0, freshChunkCount = 0 } = report;
  const digestCount = chunkCount - checksumOnlyChunkCount - storedDigestChunkCount;
  const parts: readonly (readonly [number, string])[] = [
    [digestCount, "by working out the digest again"],
    [storedDigestChunkCount, "encrypted, by comparing with what was stored"],
    [checksumOnlyChunkCount, "encrypted, by checksum only"],
    [freshChunkCount, "not read again: found sound not long ago"],
  ];
  return parts.flatMap(([count, how]) => (count > 0 ? [`${formatCount(count)} ${how}`] : [])).join("\n");
}
