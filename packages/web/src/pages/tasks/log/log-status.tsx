/** Where in the log one is, how long it is, and whether what is shown is all that there is by now. */

import { useEffect, useRef, useState } from "react";
import { Button, NumberInput } from "@mantine/core";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task } from "@ironcore-backup/protocol/calls";
import { countOf, formatCount } from "../../../parts/stage-text.ts";
import { formatElapsed } from "../../../parts/instant-text.ts";
import { useLive, useNeeds } from "../../../session/needs.tsx";
import type { Log } from "./use-log.ts";
import { isAtEnd } from "./log-window.ts";
import styles from "./log.module.css";

export interface LogStatusProps {
  readonly task: Task;
  readonly log: Log | undefined;
  readonly isFollowing: boolean;
  readonly onGoTo: (line: number) => void;
  readonly onFollow: (isFollowing: boolean) => void;
}

export function LogStatus({ task, log, isFollowing, onGoTo, onFollow }: LogStatusProps) {
  const window = log?.view.window;
  const isFinished = isFinishedTaskState(task.state);
  const contact = useContactWord();
  if (window === undefined) return <div className={styles["status"]} />;
  const { lineCount, matchCount, to } = window;
  const isNarrowed = matchCount !== undefined && matchCount !== lineCount;
  return (
    <div className={styles["status"]}>
      <span>
        {isNarrowed && `${formatCount(matchCount)} of `}
        {countOf(lineCount, "line")}
      </span>
      {contact !== "" && (
        <span role="status" className={styles["contact"]}>
          {contact}
        </span>
      )}
      <span className={styles["spring"]} />
      {!isFinished && !isFollowing && (
        <Button variant="subtle" size="compact-xs" onClick={() => onFollow(true)}>
          {isAtEnd(window) ? "Follow" : `${countOf(lineCount - to, "line")} below — follow`}
        </Button>
      )}
      <GoTo lineCount={lineCount} onGoTo={onGoTo} />
    </div>
  );
}

function GoTo({
  lineCount,
  onGoTo,
}: {
  readonly lineCount: number;
  readonly onGoTo: (line: number) => void;
}) {
  const [typed, setTyped] = useState<string | number>("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (typeof typed === "number") onGoTo(typed);
      }}
    >
      <NumberInput
        size="xs"
        aria-label="Go to line"
        placeholder="Go to line"
        className={styles["goTo"] ?? ""}
        hideControls
        allowDecimal={false}
        min={1}
        max={Math.max(1, lineCount)}
        value={typed}
        onChange={setTyped}
      />
    </form>
  );
}

const BACK_SHOWN_MS = 15_000;

/** That the line is cut, and after it that nothing is missing. */
function useContactWord(): string {
  const { clock } = useNeeds();
  const contact = useLive((state) => state.contact);
  const lostSince = useRef<number>(undefined);
  const [back, setBack] = useState("");
  useEffect(() => {
    if (contact.state === "lost") {
      lostSince.current = contact.since;
      setBack("");
      return undefined;
    }
    if (contact.state !== "live" || lostSince.current === undefined) return undefined;
    const outage = formatElapsed(clock.now() - lostSince.current);
    lostSince.current = undefined;
    setBack(`Back after ${outage}: no line is missing`);
    const timer = setTimeout(() => setBack(""), BACK_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [contact, clock]);
  return contact.state === "lost" ? "Contact lost: lines go on when it is back" : back;
}
