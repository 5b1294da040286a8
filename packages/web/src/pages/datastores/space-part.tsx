/** How full it is, how it came to that, and when it will be full: with the range in which that holds, or why nobody can say. */

import { useState } from "react";
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { formatSize } from "@ironcore-backup/base";
import type { Datastore, DatastoreMeasures } from "@ironcore-backup/protocol/calls";
import { TimeChart } from "../../parts/chart/time-chart.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { formatDay } from "../../parts/instant-text.ts";
import { countOf, formatCount } from "../../parts/stage-text.ts";
import { datastoreQuery, measuresQuery } from "../../session/datastore-query.ts";
import { useNeeds, useNow } from "../../session/needs.tsx";
import { DiskShare } from "./disk-share.tsx";
import { fillOutlook, formatFill, formatFillRange, formatGrowth, isFillNear } from "./fill-text.ts";
import { Number } from "./number.tsx";
import styles from "./datastores.module.css";

const DAY_MS = 86_400_000;
const SPANS = { "1": "Day", "7": "Week", "30": "Month", "365": "Year" } as const;
type SpanDays = keyof typeof SPANS;
const SPAN_OPTIONS = Object.entries(SPANS).map(([value, label]) => ({ value, label }));
/** Asked anew when the minute changes, so that the key does not change with every second. */
const NOW_STEP_SECONDS = 60;
/** How much of the chart the future gets. */
const OUTLOOK_SHARE = 0.35;

export function SpacePart({ datastore }: { readonly datastore: Datastore }) {
  const { fill } = datastore;
  const now = useNow(NOW_STEP_SECONDS);
  return (
    <section className={styles["part"]} aria-label="Space">
      <div className={styles["partHead"]}>
        <h3>Space</h3>
      </div>
      <DiskShare datastore={datastore} />
      <dl className={styles["numbers"]}>
        {fill !== undefined && (
          <Number
            name="Full"
            value={formatFill(fill)}
            under={formatFillRange(fill) ?? fill.reason}
            isConcern={isFillNear(fill, now)}
          />
        )}
        {fill !== undefined && formatGrowth(fill) !== undefined && (
          <Number name="Growth" value={formatGrowth(fill) ?? ""} under={standsOn(fill)} />
        )}
        <StoreNumbers datastore={datastore} />
      </dl>
      <History datastore={datastore} now={now} />
    </section>
  );
}

function standsOn({ sinceAt, measureCount }: NonNullable<Datastore["fill"]>): string {
  const looks = countOf(measureCount, "look");
  return sinceAt === undefined ? `from ${looks}` : `from ${looks} since ${formatDay(sinceAt)}`;
}

function StoreNumbers({ datastore }: { readonly datastore: Datastore }) {
  const { client } = useNeeds();
  const { data: counted } = useQuery(datastoreQuery(client, datastore.name));
  const { snapshotCount, groupCount } = counted ?? datastore;
  const { chunkCount, storedBytes, logicalBytes = 0, deduplicationRatio } = datastore;
  const about = datastore.chunksAreEstimate === true ? "about " : "";
  return (
    <>
      {snapshotCount !== undefined && (
        <Number
          name="Snapshots"
          value={formatCount(snapshotCount)}
          under={groupCount === undefined ? undefined : `in ${countOf(groupCount, "group")}`}
        />
      )}
      {storedBytes !== undefined && chunkCount !== undefined && (
        <Number
          name="Stored"
          value={`${about}${formatSize(storedBytes)}`}
          under={countOf(chunkCount, "chunk")}
        />
      )}
      {deduplicationRatio !== undefined && logicalBytes > 0 && (
        <Number
          name="Deduplication"
          value={`${about}${deduplicationRatio.toFixed(1)} : 1`}
          under={`${formatSize(logicalBytes)} backed up`}
        />
      )}
    </>
  );
}

function History({ datastore, now }: { readonly datastore: Datastore; readonly now: number }) {
  const { client } = useNeeds();
  const [span, setSpan] = useState<SpanDays>("30");
  const since = now - globalThis.Number(span) * DAY_MS;
  const { data, error, refetch } = useQuery(measuresQuery(client, datastore.name, since));
  return (
    <>
      <div className={styles["partHead"]}>
        <h4>Used over time</h4>
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          data={SPAN_OPTIONS}
          value={span}
          onChange={(value) => setSpan(isSpan(value) ? value : "30")}
        />
      </div>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && <Chart measures={data} since={since} now={now} />}
    </>
  );
}

function isSpan(value: string): value is SpanDays {
  return value in SPANS;
}

function Chart({
  measures: { datastore, measures, fill },
  since,
  now,
}: {
  readonly measures: DatastoreMeasures;
  readonly since: number;
  readonly now: number;
}) {
  const last = measures.at(-1);
  if (last === undefined) return <p className="quiet">Not looked at in this time: nothing to draw.</p>;
  const first = Math.max(since, measures[0]?.at ?? since);
  // The page's clock goes in minutes, and a look may have come since.
  const end = Math.max(now, last.at);
  const until = fill.state === "filling" ? end + (end - first) * OUTLOOK_SHARE : end;
  return (
    <TimeChart
      label={`Used on the disk of ${datastore}`}
      points={measures.map(({ at, usedBytes }) => ({ at, value: usedBytes }))}
      format={formatSize}
      unit="bytes"
      since={first}
      until={until}
      ceiling={{ value: last.totalBytes, word: "size of the disk" }}
      outlook={fill.state === "filling" ? fillOutlook(fill, last, until) : []}
      isArea
    />
  );
}
