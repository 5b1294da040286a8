/** The answer: how many stay and go, by which windows, on a calendar, and snapshot by snapshot. */

import type { ReactNode } from "react";
import { useState } from "react";
import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { formatSize } from "@ironcore-backup/base";
import { Icon } from "../../look/icon.tsx";
import { Mark } from "../../parts/mark.tsx";
import { formatAbsoluteWithZone, formatMinute } from "../../parts/instant-text.ts";
import { decisionWord, ruleWord } from "../../parts/retention-text.ts";
import { countOf, formatCount } from "../../parts/stage-text.ts";
import { DayCalendar } from "./day-calendar.tsx";
import { countRules } from "./outcome.ts";
import type { Outcome, OutcomeGroup, OutcomeRow } from "./outcome.ts";
import type { PruneAddress } from "./prune-simulator-page.tsx";
import styles from "./prune-simulator.module.css";

export interface OutcomeViewProps {
  readonly outcome: Outcome;
  readonly address: PruneAddress;
  /** Of the question before this one. */
  readonly isOld: boolean;
  readonly foot?: ReactNode;
}

export function OutcomeView({ outcome, address, isOld, foot }: OutcomeViewProps) {
  const { keepCount, removeCount, groups } = outcome;
  const only = groups.length === 1 ? groups[0] : undefined;
  return (
    <div className={styles["outcome"]} aria-busy={isOld} data-old={isOld}>
      <section className={styles["card"]} aria-label="Outcome">
        <p className={styles["verdict"]} role="status">
          <span>
            <strong>{formatCount(keepCount)}</strong> {keepCount === 1 ? "stays" : "stay"}
          </span>
          <span>
            <strong>{formatCount(removeCount)}</strong> would go
          </span>
          {groups.length > 1 && <span className="quiet">in {countOf(groups.length, "group")}</span>}
        </p>
        <ShareBar keepCount={keepCount} removeCount={removeCount} />
        <RuleCounts rows={groups.flatMap(({ decisions }) => decisions)} />
        {foot}
      </section>
      {only !== undefined && only.decisions.length > 0 && (
        <section className={styles["card"]} aria-label="Calendar">
          <DayCalendar rows={only.decisions} address={address} />
        </section>
      )}
      {groups.length > 1 && <GroupShares groups={groups} address={address} />}
      {only !== undefined && <Decisions group={only} address={address} />}
      {groups.length === 0 && (
        <section className={styles["card"]}>
          <p className={styles["waiting"]}>There are no snapshots here.</p>
        </section>
      )}
    </div>
  );
}

function ShareBar({ keepCount, removeCount }: { readonly keepCount: number; readonly removeCount: number }) {
  const total = keepCount + removeCount;
  if (total === 0) return null;
  return (
    <div className={styles["share"]} aria-hidden="true">
      <div style={{ width: `${(keepCount / total) * 100}%` }} />
    </div>
  );
}

function RuleCounts({ rows }: { readonly rows: readonly OutcomeRow[] }) {
  const counts = countRules(rows);
  if (counts.length === 0) return null;
  return (
    <ul className={styles["rules"]} aria-label="Kept by">
      {counts.map(([rule, count]) => (
        <li key={rule} className={styles["rule"]} data-rule={rule}>
          {ruleWord(rule)} <b>{formatCount(count)}</b>
        </li>
      ))}
    </ul>
  );
}

/** Each group leads to its own calendar. Those of which most goes come first. */
function GroupShares({
  groups,
  address,
}: {
  readonly groups: readonly OutcomeGroup[];
  readonly address: PruneAddress;
}) {
  const sorted = [...groups].sort((a, b) => b.removeCount - a.removeCount);
  return (
    <section className={styles["card"]} aria-label="Groups">
      <ul>
        {sorted.map(({ group, keepCount, removeCount }) => (
          <li key={group}>
            <Link
              to="/prune-simulator"
              search={{ ...address.search, ...(group === undefined ? {} : { group }) }}
              className={styles["group"]}
            >
              <span className={styles["groupName"]}>{group}</span>
              <ShareBar keepCount={keepCount} removeCount={removeCount} />
              <span className="number">{formatCount(keepCount)} stay</span>
              <span className={`number ${removeCount > 0 ? (styles["goes"] ?? "") : "quiet"}`}>
                {formatCount(removeCount)} go
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

const SHOWN_STEP = 200;

function Decisions({ group, address }: { readonly group: OutcomeGroup; readonly address: PruneAddress }) {
  const { list, day } = address.search;
  const [shownCount, setShownCount] = useState(SHOWN_STEP);
  const rows = group.decisions.filter(
    (row) => (list === undefined || row.action === list) && (day === undefined || row.day === day),
  );
  const hiddenCount = rows.length - shownCount;
  return (
    <section className={styles["card"]} aria-label="Snapshots">
      <div className={styles["listHead"]}>
        <SegmentedControl
          size="xs"
          aria-label="Which snapshots are listed"
          value={list ?? "all"}
          data={[
            { value: "all", label: "All" },
            { value: "keep", label: `Stay ${formatCount(group.keepCount)}` },
            { value: "remove", label: `Go ${formatCount(group.removeCount)}` },
          ]}
          onChange={(value) =>
            address.change({ list: value === "keep" || value === "remove" ? value : undefined })
          }
        />
        {day !== undefined && (
          <Button
            variant="light"
            rightSection={<Icon name="close" size={12} />}
            aria-label={`Only ${day}: show all days`}
            onClick={() => address.change({ day: undefined })}
          >
            {day}
          </Button>
        )}
      </div>
      {rows.length === 0 && <p className={styles["waiting"]}>None.</p>}
      <ul>
        {rows.slice(0, shownCount).map((row) => (
          <li key={row.backupTime} className={styles["decision"]} data-action={row.action}>
            <Decision row={row} />
          </li>
        ))}
      </ul>
      {hiddenCount > 0 && (
        <p className={styles["waiting"]}>
          <Button variant="default" onClick={() => setShownCount(shownCount + SHOWN_STEP)}>
            {countOf(hiddenCount, "older snapshot")}
          </Button>
        </p>
      )}
    </section>
  );
}

const STAYS = { tone: "ok", icon: "ok", word: "stays", rule: "" } as const;
const GOES = { tone: "queued", icon: "prune", word: "goes", rule: "" } as const;

function Decision({ row }: { readonly row: OutcomeRow }) {
  const { action, backupTime, timeZone, message, rule, retention, period, reason } = row;
  const at = backupTime * 1000;
  const isRule = action === "keep" && rule !== undefined && rule === reason;
  return (
    <>
      <Mark {...(action === "keep" ? STAYS : GOES)} rule={message} />
      <time
        dateTime={new Date(at).toISOString()}
        title={formatAbsoluteWithZone(at, timeZone)}
        className="nowrap"
      >
        {formatMinute(at, timeZone)}
      </time>
      <span className={styles["why"]}>
        {isRule ? (
          <span className={styles["rule"]} data-rule={rule} title={message}>
            {decisionWord(row, retention)}
          </span>
        ) : null}
        <span className="quiet">{isRule ? (rule === "keep-last" ? "" : period) : whyWords(row)}</span>
      </span>
      <span className={styles["size"]}>{sizeWords(row)}</span>
    </>
  );
}

/** The server's sentence, but for the commonest one, which names a snapshot: as the times beside it are written. */
function whyWords({ reason, keptInstead, period, message, timeZone }: OutcomeRow): string {
  if (reason !== "superseded" || keptInstead === undefined || period === undefined) return message;
  return `${formatMinute(keptInstead * 1000, timeZone)} stays for ${period}`;
}

function sizeWords(row: OutcomeRow): string {
  return "sizeBytes" in row && typeof row.sizeBytes === "number" ? formatSize(row.sizeBytes) : "";
}
