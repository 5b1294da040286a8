/** One stage's progress as a bar with its words. Last known values stay when contact is lost, in grey. */

import type { TaskStage } from "@ironcore-backup/protocol/calls";
import { useLive } from "../session/needs.tsx";
import { t } from "../texts/texts.ts";
import { formatDone, formatEta, formatRate, formatShare, shareOf } from "./stage-text.ts";
import styles from "./progress.module.css";

export function StageBar({ stage }: { readonly stage: TaskStage }) {
  const isStale = useLive(({ contact }) => contact.state === "lost");
  const share = shareOf(stage);
  const shareWords = formatShare(stage);
  const label =
    shareWords === undefined
      ? t("parts.stage.totalUnknown", { stage: stage.name, done: formatDone(stage) })
      : `${stage.name}: ${shareWords}`;
  return (
    <div
      className={styles["track"]}
      data-stale={isStale}
      role="progressbar"
      aria-label={label}
      {...(share === undefined
        ? {}
        : { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.floor(share * 100) })}
    >
      {share === undefined ? (
        stage.state === "running" && <div className={styles["counting"]} />
      ) : (
        <div className={styles["bar"]} style={{ width: `${share * 100}%` }} />
      )}
    </div>
  );
}

export function StageWords({ stage }: { readonly stage: TaskStage }) {
  const isRunning = stage.state === "running";
  const [share, rate, eta] = [
    formatShare(stage),
    isRunning && formatRate(stage),
    isRunning && formatEta(stage),
  ];
  return (
    <div className={styles["words"]}>
      <span className={styles["share"]}>
        {stage.name}
        {share !== undefined && ` ${share}`}
      </span>
      <span>{formatDone(stage)}</span>
      {rate && <span>{rate}</span>}
      {eta && <span>{eta}</span>}
    </div>
  );
}
