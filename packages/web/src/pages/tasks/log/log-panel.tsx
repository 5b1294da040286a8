/** A task's log: what to look for, the lines, and what is true of them right now. */

import { useEffect, useRef, useState } from "react";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { useKeys } from "../../../shell/keys.tsx";
import type { TaskAddress } from "../use-task-search.ts";
import { LogLines } from "./log-lines.tsx";
import { useLogLook } from "./log-look.ts";
import { LogStatus } from "./log-status.tsx";
import { LogToolbar } from "./log-toolbar.tsx";
import { useLog } from "./use-log.ts";
import type { Log } from "./use-log.ts";
import { useLogSearch } from "./use-log-search.ts";
import styles from "./log.module.css";

export function LogPanel({ task, address }: { readonly task: Task; readonly address: TaskAddress }) {
  const { line, level, stage, find, only } = address.search;
  const filter = { level, stage, text: only === true ? find : undefined };
  const log = useLog(task, filter, line);
  const [look, changeLook] = useLogLook();
  const isFinished = isFinishedTaskState(task.state);
  const walk = useLogWalk(task, address, log);
  const finder = useLogSearch(
    task.upid,
    { level, stage, text: find },
    { from: () => line ?? 0, recountKey: isFinished, onHit: walk.goTo },
  );
  useKeys([
    { keys: "n", does: "Next hit in the log", run: () => finder.step("next") },
    { keys: "N", does: "Hit before in the log", run: () => finder.step("previous") },
    ...(isFinished
      ? []
      : [{ keys: "f", does: "Follow the log, or stop", run: () => walk.follow(!walk.isFollowing) }]),
  ]);
  return (
    <section className={styles["panel"]} aria-label="Log">
      <LogToolbar
        task={task}
        address={address}
        log={log}
        finder={finder}
        look={look}
        onLook={changeLook}
        follow={isFinished ? undefined : { isOn: walk.isFollowing, set: walk.follow }}
      />
      {log?.view.error !== undefined && (
        <ErrorCard error={log.view.error} onRetry={() => log.reader.retry()} />
      )}
      {log === undefined || log.view.window.lines.length === 0 ? (
        <div className={styles["nothing"]} role="status">
          {wordForNothing(log)}
        </div>
      ) : (
        <LogLines
          reader={log.reader}
          view={log.view}
          look={look}
          from={task.startedAt ?? task.queuedAt}
          sought={find}
          markedLine={line}
          isFollowing={walk.isFollowing}
          onFollow={walk.follow}
          onMark={walk.mark}
        />
      )}
      <LogStatus
        task={task}
        log={log}
        isFollowing={walk.isFollowing}
        onGoTo={walk.goTo}
        onFollow={walk.follow}
      />
    </section>
  );
}

function wordForNothing(log: Log | undefined): string {
  if (log === undefined || log.view.isOpening) return "Opening the log …";
  return log.view.window.lineCount === 0 ? "No line was written yet." : "No line is like this.";
}

interface LogWalk {
  readonly isFollowing: boolean;
  readonly follow: (on: boolean) => void;
  /** Makes the line the marked one, where it is. */
  readonly mark: (number: number) => void;
  /** Marks the line and brings it into view. */
  readonly goTo: (number: number) => void;
}

/** Where in the log a person is: at its newest lines, or at one that they marked and the address names. */
function useLogWalk(task: Task, { search: { line }, change }: TaskAddress, log: Log | undefined): LogWalk {
  const isFinished = isFinishedTaskState(task.state);
  const [isFollowing, setFollowing] = useFollowing(task.upid, !isFinished && line === undefined);
  const openedLine = useRef(line);
  useEffect(() => log?.reader.setFollowing(isFollowing), [log?.reader, isFollowing]);
  // A line that came into the address from elsewhere: the error's link, the way back.
  useEffect(() => {
    if (log === undefined || line === undefined || openedLine.current === line) return;
    openedLine.current = line;
    setFollowing(false);
    log.reader.open({ at: "line", number: line });
  }, [log, line, setFollowing]);
  const mark = (number: number): void => {
    setFollowing(false);
    openedLine.current = number;
    change({ line: number });
  };
  return {
    isFollowing,
    follow: (on) => {
      setFollowing(on);
      if (on) log?.reader.open({ at: "end" });
    },
    mark,
    goTo: (number) => {
      mark(number);
      log?.reader.open({ at: "line", number });
    },
  };
}

/** Whether the newest line is kept in view. Another task begins anew. */
function useFollowing(upid: string, atFirst: boolean): readonly [boolean, (on: boolean) => void] {
  const [state, setState] = useState({ upid, isOn: atFirst });
  const isOn = state.upid === upid ? state.isOn : atFirst;
  return [isOn, (on) => setState({ upid, isOn: on })];
}
