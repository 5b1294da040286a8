/** The reader of one task's log while its part of the page is shown. */

import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task } from "@ironcore-backup/protocol/calls";
import { useLive, useNeeds } from "../../../session/needs.tsx";
import { createLogReader } from "./log-reader.ts";
import type { LogPlace, LogReader, LogReaderNeeds, LogView } from "./log-reader.ts";
import type { LogFilter } from "./log-window.ts";

export interface Log {
  readonly reader: LogReader;
  readonly view: LogView;
}

/** @param firstLine  where a new filter, or a new task, is opened; absent: where it tells most */
export function useLog(task: Task, filter: LogFilter, firstLine: number | undefined): Log | undefined {
  const { client, live } = useNeeds();
  const { upid } = task;
  const { level, stage, text } = filter;
  const isFinished = isFinishedTaskState(task.state);
  const [reader, setReader] = useState<LogReader>();
  useEffect(() => {
    const ending = new AbortController();
    let made: LogReader | undefined;
    const filter = { level, stage, text };
    const make = (place: LogPlace): void => {
      if (ending.signal.aborted) return;
      made = createLogReader({ client, live }, upid, { filter, place, isFinished });
      setReader(made);
    };
    if (firstLine !== undefined) make({ at: "line", number: firstLine });
    // Where to look is not worth an error of its own: the reader will meet it again and say it.
    else findPlace({ client, live }, task, ending.signal).then(make, () => make({ at: "start" }));
    return () => {
      ending.abort();
      made?.close();
      setReader(undefined);
    };
    // The line, the state and the task's other news do not open it anew.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [client, live, upid, level, stage, text]);
  useFinish(reader, isFinished, task.logLineCount);
  useRetry(reader);
  const source = useMemo(() => reader ?? NO_READER, [reader]);
  const view = useSyncExternalStore(source.subscribe, source.view);
  return reader === undefined || view === undefined ? undefined : { reader, view };
}

const NO_READER = { subscribe: () => () => undefined, view: () => undefined };

/** At the end while it runs, at the first error of what failed, at the first warning of what has some, else at the start. */
async function findPlace({ client }: LogReaderNeeds, task: Task, signal: AbortSignal): Promise<LogPlace> {
  if (!isFinishedTaskState(task.state)) return { at: "end" };
  const level = task.errorCount > 0 || task.state === "failed" ? "error" : "warning";
  if (level === "warning" && task.warningCount === 0)
    return { at: task.state === "cancelled" ? "end" : "start" };
  const query = { level, start: 1, limit: 1 } as const;
  const page = await client.call("getTaskLog", { params: { upid: task.upid }, query, signal });
  const number = page.lines[0]?.number;
  if (number !== undefined) return { at: "line", number };
  return { at: task.state === "failed" ? "end" : "start" };
}

function useFinish(reader: LogReader | undefined, isFinished: boolean, lineCount: number): void {
  useEffect(() => {
    if (isFinished) reader?.finish(lineCount);
  }, [reader, isFinished, lineCount]);
}

/** What failed while the server was out of reach is asked for again when it is back. */
function useRetry(reader: LogReader | undefined): void {
  const contact = useLive((state) => state.contact.state);
  useEffect(() => {
    if (contact === "live" && reader?.view().error !== undefined) reader.retry();
  }, [contact, reader]);
}
