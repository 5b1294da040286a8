/**
 * The lines in view, and no more of them than are in view. Their place stays under the eye while others come before or
 * after; while it follows, the newest one is at the bottom. What comes near an edge of what is held is fetched.
 */

import { memo, useEffect, useRef, useState } from "react";
import type { KeyboardEvent, UIEvent } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { Virtualizer } from "@tanstack/react-virtual";
import type { TaskLogLine } from "@ironcore-backup/protocol/calls";
import { LogLine } from "./log-line.tsx";
import type { LogLook } from "./log-look.ts";
import type { LogReader, LogView } from "./log-reader.ts";
import { indexOfLine } from "./log-window.ts";
import styles from "./log.module.css";

const LINE_HEIGHT = 24;
const OVERSCAN_COUNT = 12;
/** So many lines before an edge more are fetched, so that it is not reached. */
const EDGE_COUNT = 150;
/** Who is this near to the end is at it. */
const END_DISTANCE = 24;

export interface LogLinesProps {
  readonly reader: LogReader;
  readonly view: LogView;
  readonly look: LogLook;
  /** When the task began. */
  readonly from: number;
  readonly sought: string | undefined;
  readonly markedLine: number | undefined;
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
  readonly onMark: (line: number) => void;
}

type LogVirtualizer = Virtualizer<HTMLDivElement, HTMLDivElement>;

export function LogLines(props: LogLinesProps) {
  const { reader, view, look, isFollowing, onFollow } = props;
  const { lines } = view.window;
  const scroller = useRef<HTMLDivElement>(null);
  const [openLines, setOpenLines] = useState<ReadonlySet<number>>(new Set());
  const virtualizer: LogVirtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: OVERSCAN_COUNT,
    getItemKey: (index) => lines[index]?.number ?? index,
    anchorTo: "end",
    followOnAppend: isFollowing,
    scrollEndThreshold: END_DISTANCE,
  });
  const items = virtualizer.getVirtualItems();
  useTarget(virtualizer, view, scroller);
  useFollow(virtualizer, isFollowing, lines.length);
  const [first = 0, last = 0] = [items[0]?.index, items.at(-1)?.index];
  useEffect(() => {
    if (lines.length === 0) return;
    if (first < EDGE_COUNT) reader.loadBefore();
    if (last > lines.length - EDGE_COUNT) reader.loadAfter();
  }, [reader, first, last, lines]);
  const toggle = (number: number): void => {
    const next = new Set(openLines);
    if (!next.delete(number)) next.add(number);
    setOpenLines(next);
  };
  const onScroll = ({ currentTarget: { scrollTop, clientHeight, scrollHeight } }: UIEvent): void => {
    // The end that the person scrolls away from is not followed any more.
    if (isFollowing && scrollHeight - scrollTop - clientHeight > 4 * END_DISTANCE && isHeld.current)
      onFollow(false);
  };
  const isHeld = useScrollingHand(scroller);
  const width = { "--number-width": `${String(view.window.lineCount).length + 1}ch` };
  return (
    <div
      ref={scroller}
      role="log"
      aria-label="Log lines"
      aria-live="off"
      tabIndex={0}
      className={styles["scroller"]}
      data-wraps={look.wraps}
      onScroll={onScroll}
      onKeyDown={(event) => moveByKey(event, reader, onFollow)}
    >
      <div className={styles["lines"]} style={{ height: virtualizer.getTotalSize(), ...width }}>
        {items.map(({ index, key, start }) => {
          const line = lines[index];
          return (
            line !== undefined && (
              <div
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                className={styles["place"]}
                style={{ transform: `translateY(${start}px)` }}
              >
                <Line {...props} line={line} isOpen={openLines.has(line.number)} onToggle={toggle} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

interface LineProps extends Omit<LogLinesProps, "view" | "reader" | "isFollowing" | "onFollow"> {
  readonly line: TaskLogLine;
  readonly isOpen: boolean;
  readonly onToggle: (line: number) => void;
}

function Line({ line, look, from, sought, markedLine, isOpen, onMark, onToggle }: LineProps) {
  return (
    <MemoLine
      line={line}
      isRelative={look.isRelative}
      from={from}
      sought={sought}
      isMarked={line.number === markedLine}
      isOpen={isOpen}
      onMark={onMark}
      onToggle={onToggle}
    />
  );
}

// The handlers are new at every drawing and do the same: a line is drawn anew when something of it is another.
const MemoLine = memo(
  LogLine,
  (a, b) =>
    a.line === b.line &&
    a.isRelative === b.isRelative &&
    a.from === b.from &&
    a.sought === b.sought &&
    a.isMarked === b.isMarked &&
    a.isOpen === b.isOpen,
);

/** Brings what was opened into view, once. */
function useTarget(
  virtualizer: LogVirtualizer,
  { isOpening, target, window: { lines } }: LogView,
  scroller: { readonly current: HTMLElement | null },
): void {
  const shown = useRef(0);
  useEffect(() => {
    if (isOpening || shown.current === target.opening) return;
    shown.current = target.opening;
    const { place } = target;
    if (place.at === "line") virtualizer.scrollToIndex(indexOfLine(lines, place.number), { align: "center" });
    else if (place.at === "end") virtualizer.scrollToIndex(lines.length - 1, { align: "end" });
    else scroller.current?.scrollTo({ top: 0 });
  }, [virtualizer, isOpening, target, lines, scroller]);
}

function useFollow(virtualizer: LogVirtualizer, isFollowing: boolean, count: number): void {
  useEffect(() => {
    if (isFollowing && count > 0) virtualizer.scrollToIndex(count - 1, { align: "end" });
  }, [virtualizer, isFollowing, count]);
}

const HAND_MS = 300;

/** Whether a hand is at the wheel, the keys or the bar right now: scrolling by itself is not a wish. */
function useScrollingHand(scroller: { readonly current: HTMLElement | null }): { readonly current: boolean } {
  const isHeld = useRef(false);
  useEffect(() => {
    const element = scroller.current;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hold = (): void => {
      isHeld.current = true;
      clearTimeout(timer);
      timer = setTimeout(() => (isHeld.current = false), HAND_MS);
    };
    const kinds = ["wheel", "touchmove", "keydown", "pointerdown", "pointermove"] as const;
    for (const kind of kinds) element?.addEventListener(kind, hold, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const kind of kinds) element?.removeEventListener(kind, hold);
    };
  }, [scroller]);
  return isHeld;
}

/** Home and End are the whole log's and not those of the part that is held; arrows walk from line to line. */
function moveByKey(
  event: KeyboardEvent<HTMLElement>,
  reader: LogReader,
  onFollow: (on: boolean) => void,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Home") {
    onFollow(false);
    reader.open({ at: "start" });
  } else if (event.key === "End") reader.open({ at: "end" });
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!focusNeighbour(event.currentTarget, event.key === "ArrowDown" ? 1 : -1)) return;
  } else return;
  event.preventDefault();
}

/** From one line's control to the same one of the next line; false when none has the focus. */
function focusNeighbour(scroller: HTMLElement, step: number): boolean {
  const active = document.activeElement;
  const place = active?.closest<HTMLElement>("[data-index]");
  const kind = active instanceof HTMLElement ? active.dataset["control"] : undefined;
  if (place === undefined || place === null || kind === undefined) return false;
  const index = Number(place.dataset["index"]) + step;
  const next = scroller.querySelector<HTMLElement>(`[data-index="${index}"] [data-control="${kind}"]`);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  return true;
}
