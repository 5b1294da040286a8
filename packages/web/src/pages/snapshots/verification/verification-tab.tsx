/** Whether the snapshot can be trusted: how its last verification ended, what was found, and every one before it. */

import { Link } from "@tanstack/react-router";
import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Snapshot, SnapshotShow, SnapshotVerification } from "@ironcore-backup/protocol/calls";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { Ago, When } from "../../../parts/instant.tsx";
import { Mark } from "../../../parts/mark.tsx";
import { StageBar, StageWords } from "../../../parts/stage-progress.tsx";
import { currentStage, formatCount } from "../../../parts/stage-text.ts";
import { TaskLink } from "../../../parts/task-link.tsx";
import { t } from "../../../texts/texts.ts";
import { Rich } from "../../../parts/rich.tsx";
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
        <h3>{t("snapshots.page.commandLine")}</h3>
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
        <span>{t("snapshots.verify.nobody")}</span>
      </p>
    );
  }
  return (
    <div className={styles["last"]} data-tone={mark.tone}>
      <Mark {...mark} />
      <div>
        <p>{t("snapshots.verify.rule", { rule: mark.rule })}</p>
        <p className="quiet">
          <Rich
            text={report === undefined ? "snapshots.verify.by" : "snapshots.verify.byIn"}
            values={{
              verifier: verification.verifier,
              duration: report === undefined ? "" : formatDuration(report.durationMs),
            }}
            elements={{
              when: <Ago at={verification.at} />,
              task: <Link to="/tasks/$upid" params={{ upid: verification.upid }} />,
            }}
          />
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
        <Rich
          text={task.state === "queued" ? "snapshots.verify.waits" : "snapshots.verify.runs"}
          elements={{ task: <TaskLink task={task} /> }}
        />
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
      <h3>{t("snapshots.verify.found")}</h3>
      <ul className={styles["findings"]}>
        {shown.map(({ kind, archive, digest, reason }) => (
          <li key={`${archive} ${digest ?? ""} ${reason}`} className={styles["finding"]}>
            <b>{t("snapshots.finding.place", { kind, archive })}</b>
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
        <p className="quiet">{t("snapshots.finding.more", { count: findingCount - shown.length })}</p>
      )}
      <p className={styles["advice"]}>{t("snapshots.verify.advice")}</p>
    </div>
  );
}

function History({ reports }: { readonly reports: readonly SnapshotVerification[] }) {
  return (
    <div className={styles["history"]}>
      <h3>{t("snapshots.verify.history")}</h3>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("snapshots.verify.started")}</th>
            <th scope="col">{t("snapshots.verify.result")}</th>
            <th scope="col" className="number">
              {t("snapshots.verify.took")}
            </th>
            <th scope="col" className="number">
              {t("snapshots.verify.chunks")}
            </th>
            <th scope="col" className="number">
              {t("snapshots.verify.read")}
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
        <p className={styles["advice"]}>{t("snapshots.verify.checksumNote")}</p>
      )}
    </div>
  );
}

function checksWords(report: SnapshotVerification): string {
  const { chunkCount, checksumOnlyChunkCount, storedDigestChunkCount = 0, freshChunkCount = 0 } = report;
  const digestCount = chunkCount - checksumOnlyChunkCount - storedDigestChunkCount;
  const parts = [
    [digestCount, "snapshots.verify.byDigest"],
    [storedDigestChunkCount, "snapshots.verify.byStored"],
    [checksumOnlyChunkCount, "snapshots.verify.byChecksum"],
    [freshChunkCount, "snapshots.verify.fresh"],
  ] as const;
  return parts.flatMap(([count, how]) => (count > 0 ? [t(how, { count })] : [])).join("\n");
}
