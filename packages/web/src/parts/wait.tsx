/** Why a queued task waits: every reason that holds now, with links to what holds it, and when it may start. */

import type { TaskWait, WaitReason } from "@ironcore-backup/protocol/calls";
import { formatAbsoluteWithZone } from "./instant-text.ts";
import { t } from "../texts/texts.ts";
import { useNow } from "../session/needs.tsx";
import { Rich } from "./rich.tsx";
import { UpidLink } from "./task-link.tsx";
import { formatPrediction } from "./wait-text.ts";
import styles from "./wait.module.css";

/** More holders than these are counted and not listed. */
const HOLDER_COUNT_MAX = 3;

export function WaitReasons({ wait }: { readonly wait: TaskWait }) {
  return (
    <ul className={styles["reasons"]}>
      {wait.reasons.map((reason) => (
        <li key={`${reason.code} ${reason.resource ?? ""}`}>
          <Reason reason={reason} />
        </li>
      ))}
      <li className="quiet">
        <WaitOutlook wait={wait} />
      </li>
    </ul>
  );
}

function Reason({ reason }: { readonly reason: WaitReason }) {
  const shown = reason.heldBy.slice(0, HOLDER_COUNT_MAX);
  const moreCount = reason.heldBy.length - shown.length;
  return (
    <>
      {reason.message}
      {shown.length > 0 && (
        <span className={styles["holders"]}>
          {" "}
          <Rich
            text="parts.wait.heldBy"
            elements={{ holders: <Holders upids={shown} moreCount={moreCount} /> }}
          />
        </span>
      )}
    </>
  );
}

function Holders({ upids, moreCount }: { readonly upids: readonly string[]; readonly moreCount: number }) {
  return (
    <>
      {upids.map((upid, at) => (
        <span key={upid}>
          {at > 0 && ", "}
          <UpidLink upid={upid} />
        </span>
      ))}
      {moreCount > 0 && ` ${t("parts.wait.andMore", { count: moreCount })}`}
    </>
  );
}

/** `2 tasks go first. Starts in 3 to 8 min.` */
export function WaitOutlook({ wait }: { readonly wait: TaskWait }) {
  const now = useNow(5);
  const { aheadCount, predictedStart } = wait;
  const ahead = aheadCount === 0 ? t("parts.wait.next") : t("parts.wait.ahead", { count: aheadCount });
  if (predictedStart === undefined) return t("parts.wait.unknown", { ahead });
  const { earliestAt, latestAt } = predictedStart;
  const title = t("parts.time.range", {
    from: formatAbsoluteWithZone(earliestAt),
    to: formatAbsoluteWithZone(latestAt),
  });
  return (
    <Rich
      text="parts.wait.starts"
      values={{ ahead }}
      elements={{ when: <span title={title}>{formatPrediction(predictedStart, now)}</span> }}
    />
  );
}
