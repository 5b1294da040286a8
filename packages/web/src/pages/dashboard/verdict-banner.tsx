import { Link } from "@tanstack/react-router";
import type { TaskCounts } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { countOf } from "../../parts/stage-text.ts";
import type { TaskSearch } from "../tasks/task-search.ts";
import type { Finding, Verdict } from "./verdict.ts";
import styles from "./dashboard.module.css";

export interface VerdictBannerProps {
  readonly verdict: Verdict | undefined;
  /** Something that it stands on could not be asked for. */
  readonly isBroken: boolean;
  /** Said beside "All quiet", so that quiet is not mistaken for idle. */
  readonly dayCounts: TaskCounts | undefined;
}

export function VerdictBanner({ verdict, isBroken, dayCounts }: VerdictBannerProps) {
  if (verdict === undefined) {
    return (
      <div className={styles["verdict"]} data-level="unknown" role="status" aria-busy={!isBroken}>
        {isBroken && (
          <>
            <Icon name="info" size={26} />
            <p className={styles["headline"]}>No verdict: not everything could be asked for</p>
          </>
        )}
      </div>
    );
  }
  const { level, headline, findings } = verdict;
  return (
    <div className={styles["verdict"]} data-level={level} role="status">
      <Icon name={level} size={26} />
      <div>
        <p className={styles["headline"]}>
          {findings.length === 1 && findings[0] !== undefined ? (
            <FindingLine finding={findings[0]} />
          ) : (
            headline
          )}
        </p>
        {findings.length === 0 && <p>{quietWords(dayCounts)}</p>}
        {findings.length > 1 && (
          <ul className={styles["findings"]}>
            {findings.map((finding) => (
              <li key={finding.text} data-level={finding.level}>
                <Icon name={finding.level} size={15} />
                <FindingLine finding={finding} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function quietWords(dayCounts: TaskCounts | undefined): string {
  const { ok = 0, cancelled = 0 } = dayCounts?.counts ?? {};
  const more = dayCounts?.capped === true ? " or more" : "";
  const stopped = cancelled === 0 ? "" : ` ${countOf(cancelled, "was", "were")} cancelled by a person.`;
  if (ok === 0) return `No task of the last 24 hours has ended yet.${stopped}`;
  return `${countOf(ok, "task")}${more} of the last 24 hours ended well.${stopped}`;
}

function FindingLine({ finding: { text, link } }: { readonly finding: Finding }) {
  switch (link) {
    case undefined:
      return text;
    case "workers":
      return <Link to="/workers">{text}</Link>;
    case "tasks-failed":
      return <TasksLink text={text} search={{ state: "failed", range: "24h" }} />;
    case "tasks-warning":
      return <TasksLink text={text} search={{ state: "warning", range: "24h" }} />;
    case "tasks-running":
      return <TasksLink text={text} search={{ state: "running" }} />;
  }
}

function TasksLink({ text, search }: { readonly text: string; readonly search: TaskSearch }) {
  return (
    <Link to="/tasks" search={search}>
      {text}
    </Link>
  );
}
