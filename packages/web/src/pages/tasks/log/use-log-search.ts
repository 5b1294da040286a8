/** The search as the log's toolbar drives it: the count, the steps, and where the last one led. */

import { useEffect, useMemo, useRef, useState } from "react";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import { useNeeds } from "../../../session/needs.tsx";
import { createLogSearch } from "./log-search.ts";
import type { LogFilter } from "./log-window.ts";

export interface LogSearchState {
  readonly count: number | undefined;
  /** What to say about the last step: that it went around, that there is nothing, what went wrong. */
  readonly word: string;
  readonly isSeeking: boolean;
  readonly step: (direction: "next" | "previous") => void;
}

/** @param from  the line that steps go out from. @param recountKey  changes when the log has grown to its end */
export function useLogSearch(
  upid: string,
  { level, stage, text }: LogFilter,
  options: {
    readonly from: () => number;
    readonly recountKey: unknown;
    readonly onHit: (line: number) => void;
  },
): LogSearchState {
  const { client } = useNeeds();
  const [count, setCount] = useState<number>();
  const [word, setWord] = useState("");
  const [isSeeking, setSeeking] = useState(false);
  const life = useRef(new AbortController());
  const search = useMemo(
    () => (text === undefined ? undefined : createLogSearch(client, upid, { level, stage, text })),
    [client, upid, level, stage, text],
  );
  const { recountKey } = options;
  useEffect(() => {
    const ending = new AbortController();
    setWord("");
    search?.count(ending.signal).then(setCount, (thrown: unknown) => {
      if (!ending.signal.aborted) setWord(toCodedError(thrown).message);
    });
    return () => ending.abort();
  }, [search, recountKey]);
  useEffect(() => {
    setCount(undefined);
    return () => life.current.abort();
  }, [search]);
  const step = (direction: "next" | "previous"): void => {
    if (search === undefined) return;
    life.current.abort();
    life.current = new AbortController();
    const { signal } = life.current;
    setSeeking(true);
    search[direction](options.from(), signal).then(
      (hit) => {
        if (signal.aborted) return;
        setSeeking(false);
        const end = direction === "next" ? "From the top again" : "From the end again";
        setWord(hit?.isAround === true ? end : "");
        if (hit !== undefined) options.onHit(hit.number);
      },
      (thrown: unknown) => {
        if (signal.aborted || isCancelled(thrown)) return;
        setSeeking(false);
        setWord(toCodedError(thrown).message);
      },
    );
  };
  return { count, word, isSeeking, step };
}
