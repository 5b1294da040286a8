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
import { useLogSearch } from "./use-log-search.ts";
import styles from "./log.module.css";

export function LogPanel({ task, address }: { readonly task: Task; readonly address: TaskAddress }) {
  const { search, change } = address;
  const { line, level, stage, find, only } = search;
  const filter = { level, stage, text: only === true ? find : undefined };
  const log = useLog(task, filter, line);
  const [look, changeLook] = useLogLook();
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

  const goTo = (number: number): void => {
    setFollowing(false);
    openedLine.current = number;
    change({ line: number });
    log?.reader.open({ at: "line", number });
  };
  const follow = (on: boolean): void => {
    setFollowing(on);
    if (on) log?.reader.open({ at: "end" });
  };
  const finder = useLogSearch(
    task.upid,
    { level, stage, text: find },
    { from: () => line ?? 0, recountKey: isFinished, onHit: goTo },
  );
  useKeys([
    { keys: "n", does: "Next hit in the log", run: () => finder.step("next") },
    { keys: "N", does: "Hit before in the log", run: () => finder.step("previous") },
    ...(isFinished ? [] : [{ keys: "f", does: "Follow the log, or stop", run: () => follow(!isFollowing) }]),
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
        follow={isFinished ? undefined : { isOn: isFollowing, set: follow }}
      />
      {log?.view.error !== undefined && (
        <ErrorCard error={log.view.error} onRetry={() => log.reader.retry()} />
      )}
      {log === undefined || (log.view.isOpening && log.view.window.lines.length === 0) ? (
        <div className={styles["nothing"]} role="status">
          Opening the log …
        </div>
      ) : log.view.window.lines.length === 0 ? (
        <div className={styles["nothing"]} role="status">
          {log.view.window.lineCount === 0 ? "No line was written yet." : "No line is like this."}
        </div>
      ) : (
        <LogLines
          reader={log.reader}
          view={log.view}
          look={look}
          from={task.startedAt ?? task.queuedAt}
          sought={find}
          markedLine={line}
          isFollowing={isFollowing}
          onFollow={follow}
          onMark={(number) => {
            setFollowing(false);
            openedLine.current = number;
            change({ line: number });
          }}
        />
      )}
      <LogStatus task={task} log={log} isFollowing={isFollowing} onGoTo={goTo} onFollow={follow} />
    </section>
  );
}

/** Whether the newest line is kept in view. Another task begins anew. */
function useFollowing(upid: string, atFirst: boolean): readonly [boolean, (on: boolean) => void] {
  const [state, setState] = useState({ upid, isOn: atFirst });
  const isOn = state.upid === upid ? state.isOn : atFirst;
  return [isOn, (on) => setState({ upid, isOn: on })];
}
