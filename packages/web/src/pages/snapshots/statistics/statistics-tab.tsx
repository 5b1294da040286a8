/** What the snapshot holds and takes, how the backup that made it went, and what is different from the one before. */

import type { ReactNode } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatDuration, formatGroupRef, formatSize, parseSnapshotRef } from "@ironcore-backup/base";
import type { RunStatistics, Snapshot, Task } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { formatAbsoluteWithZone, formatMinute } from "../../../parts/instant-text.ts";
import { When } from "../../../parts/instant.tsx";
import { Rich } from "../../../parts/rich.tsx";
import { UpidLink } from "../../../parts/task-link.tsx";
import { groupSpaceQuery } from "../../../session/datastore-query.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import { listArchives } from "../contents/archive-list.ts";
import { useOrigin } from "../origin.ts";
import type { Origin } from "../origin.ts";
import { comparedSentences, percent } from "./compared-words.ts";
import detail from "../detail/detail.module.css";
import styles from "./statistics.module.css";

export interface StatisticsTabProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
}

export function StatisticsTab({ datastore, snapshot }: StatisticsTabProps) {
  const origin = useOrigin(datastore, snapshot);
  return (
    <div className={detail["inner"]}>
      <section>
        <h3>{t("snapshots.statistics.space")}</h3>
        <dl className={styles["facts"]}>
          <Fact
            name={t("snapshots.statistics.logical")}
            rule={t("snapshots.statistics.logicalRule")}
            value={snapshot.sizeBytes === undefined ? undefined : formatSize(snapshot.sizeBytes)}
          />
          <RunSpace run={origin.run} />
          <OwnSpace datastore={datastore} snapshot={snapshot} />
        </dl>
      </section>
      <ComparedPart datastore={datastore} snapshot={snapshot} origin={origin} />
      <BackupPart origin={origin} />
      <ArchivePart snapshot={snapshot} />
    </div>
  );
}

function Fact({
  name,
  rule,
  value,
}: {
  readonly name: string;
  readonly rule: string;
  readonly value: ReactNode;
}) {
  if (value === undefined) return null;
  return (
    <div title={rule}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function RunSpace({ run }: { readonly run: RunStatistics | undefined }) {
  if (run === undefined) return null;
  const { onDiskBytes, newRawBytes, newCompressedBytes, chunkCount, knownChunkCount, metrics } = run;
  const { deduplicationHitRate, compressionRatio } = metrics;
  return (
    <>
      <Fact
        name={t("snapshots.statistics.added")}
        rule={t("snapshots.statistics.addedRule")}
        value={formatSize(onDiskBytes)}
      />
      <Fact
        name={t("snapshots.statistics.hitRate")}
        rule={t("snapshots.statistics.hitRateRule")}
        value={
          deduplicationHitRate === undefined
            ? undefined
            : t("snapshots.statistics.hitRateOf", {
                share: percent(deduplicationHitRate),
                known: knownChunkCount,
                count: chunkCount,
              })
        }
      />
      <Fact
        name={t("snapshots.statistics.compression")}
        rule={t("snapshots.statistics.compressionRule")}
        value={
          compressionRatio === undefined
            ? t("snapshots.statistics.nothingNew")
            : t("snapshots.statistics.compressionOf", {
                ratio: compressionRatio.toFixed(2),
                raw: formatSize(newRawBytes),
                stored: formatSize(newCompressedBytes),
              })
        }
      />
    </>
  );
}

/** Every index of the datastore is read for it: only when somebody asks. */
function OwnSpace({ datastore, snapshot }: StatisticsTabProps) {
  const { client } = useNeeds();
  const group = formatGroupRef(parseSnapshotRef(snapshot.snapshot));
  const space = useQuery({ ...groupSpaceQuery(client, datastore, group), enabled: false });
  const own = space.data?.snapshots.find((one) => one.snapshot === snapshot.snapshot);
  return (
    <Fact
      name={t("snapshots.statistics.own")}
      rule={t("snapshots.statistics.ownRule")}
      value={
        <>
          {own !== undefined && space.data !== undefined && (
            <span title={formatAbsoluteWithZone(space.data.measuredAt)}>
              {t("snapshots.statistics.ownOf", { size: formatSize(own.ownBytes), count: own.ownChunkCount })}
            </span>
          )}
          {own === undefined && space.data?.unknownBecause !== undefined && (
            <span>{space.data.unknownBecause}</span>
          )}
          {space.data === undefined && space.error === null && (
            <Button
              variant="default"
              size="compact-sm"
              loading={space.isFetching}
              title={t("snapshots.statistics.measureRule")}
              onClick={() => void space.refetch()}
            >
              {t("snapshots.statistics.measure")}
            </Button>
          )}
          {space.error !== null && <ErrorCard error={space.error} onRetry={() => void space.refetch()} />}
        </>
      }
    />
  );
}

function ComparedPart({
  datastore,
  snapshot,
  origin: { isKnown, run, before, runBefore },
}: StatisticsTabProps & { readonly origin: Origin }) {
  if (!isKnown) return null;
  if (before === undefined) return <p className="quiet">{t("snapshots.statistics.first")}</p>;
  return (
    <section>
      <h3>
        <Rich
          text="snapshots.statistics.comparedWith"
          values={{ when: formatMinute(before.backupTime * 1000) }}
          elements={{
            to: (
              <Link
                to="/snapshots/$datastore/$"
                params={{ datastore, _splat: before.snapshot }}
                search={{ tab: "statistics" }}
              />
            ),
          }}
        />
      </h3>
      <ul className={styles["sentences"]}>
        {comparedSentences({ snapshot, run, before, runBefore }).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}

function BackupPart({ origin: { isKnown, run, task } }: { readonly origin: Origin }) {
  if (!isKnown) return null;
  return (
    <section>
      <h3>{t("snapshots.statistics.backup")}</h3>
      {run === undefined ? (
        <p className="quiet">{t("snapshots.statistics.noRun")}</p>
      ) : (
        <dl className={styles["facts"]}>
          <Fact
            name={t("snapshots.statistics.task")}
            rule={run.upid}
            value={task === undefined ? t("snapshots.statistics.taskGone") : <UpidLink upid={run.upid} />}
          />
          {task !== undefined && <TaskFacts task={task} />}
          <RunRates run={run} />
        </dl>
      )}
    </section>
  );
}

function TaskFacts({ task: { startedAt, queuedAt, statistics } }: { readonly task: Task }) {
  const backup = statistics?.kind === "backup" ? statistics.backup : undefined;
  return (
    <>
      <Fact
        name={t("snapshots.statistics.started")}
        rule={t("snapshots.statistics.startedRule")}
        value={<When at={startedAt ?? queuedAt} />}
      />
      {backup !== undefined && (
        <Fact
          name={t("snapshots.statistics.files")}
          rule={t("snapshots.statistics.filesRule")}
          value={t("snapshots.statistics.filesOf", {
            count: backup.fileCount,
            reused: backup.reusedFileCount,
          })}
        />
      )}
    </>
  );
}

function RunRates({ run: { metrics, sourceReadBytes } }: { readonly run: RunStatistics }) {
  const rateOf = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${formatSize(value)}/s`;
  return (
    <>
      <Fact
        name={t("snapshots.statistics.duration")}
        rule={t("snapshots.statistics.durationRule")}
        value={metrics.durationMs === undefined ? undefined : formatDuration(metrics.durationMs)}
      />
      <Fact
        name={t("snapshots.statistics.read")}
        rule={t("snapshots.statistics.readRule")}
        value={formatSize(sourceReadBytes)}
      />
      <Fact
        name={t("snapshots.statistics.readRate")}
        rule={t("snapshots.statistics.readRateRule")}
        value={rateOf(metrics.sourceReadRateBytesPerSecond)}
      />
      <Fact
        name={t("snapshots.statistics.transferRate")}
        rule={t("snapshots.statistics.transferRateRule")}
        value={rateOf(metrics.effectiveTransferRateBytesPerSecond)}
      />
    </>
  );
}

function ArchivePart({ snapshot }: { readonly snapshot: Snapshot }) {
  const archives = listArchives(snapshot.files);
  if (archives.length === 0) return null;
  return (
    <section className={styles["archives"]}>
      <h3>{t("snapshots.statistics.archives")}</h3>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("snapshots.statistics.archive")}</th>
            <th scope="col" className="number">
              {t("snapshots.statistics.size")}
            </th>
            <th scope="col" className="number" title={t("snapshots.statistics.chunksRule")}>
              {t("snapshots.statistics.chunks")}
            </th>
          </tr>
        </thead>
        <tbody>
          {archives.map(({ name, sizeBytes, chunkCount }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="number">{formatSize(sizeBytes)}</td>
              <td className="number">
                {chunkCount === undefined ? "–" : t("snapshots.statistics.number", { value: chunkCount })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
