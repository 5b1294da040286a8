import { Link } from "@tanstack/react-router";
import { Icon } from "../../look/icon.tsx";
import { countOf } from "../../parts/stage-text.ts";
import type { Finding, Verdict } from "./verdict.ts";
import styles from "./dashboard.module.css";

export interface VerdictBannerProps {
  readonly verdict: Verdict | undefined;
  /** Said beside "All quiet", so that quiet is not mistaken for idle. */
  readonly endedCount: number | undefined;
}

export function VerdictBanner({ verdict, endedCount }: VerdictBannerProps) {
  if (verdict === undefined) {
    return <div className={styles["verdict"]} data-level="unknown" aria-busy="true" />;
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
        {findings.length === 0 && <p>{quietWords(endedCount)}</p>}
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

function quietWords(endedCount: number | undefined): string {
  if (endedCount === undefined || endedCount === 0) return "No task ended in the last 24 hours.";
  return endedCount === 1
    ? "The one task of the last 24 hours ended well."
    : `All ${countOf(endedCount, "task")} that ended in the last 24 hours ended well.`;
}

function FindingLine({ finding: { text, link } }: { readonly finding: Finding }) {
  switch (link) {
    case undefined:
      return text;
    case "workers":
      return <Link to="/workers">{text}</Link>;
    case "tasks-failed":
    case "tasks-warning":
    case "tasks-running":
      return (
        <Link to="/tasks" search={{}}>
          {text}
        </Link>
      );
  }
}
